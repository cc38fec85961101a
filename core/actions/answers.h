// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/client.h"
#include "core/provision/plan.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace strata::actions {

// What a plan has to know beyond the stack.
struct Question {
    provision::Target target = provision::Target::Outer;
    provision::Ref ref;   // without a name: a list
    std::string selector; // of a list: labels
    friend bool operator==(const Question&, const Question&) = default;
};

class Answers {
public:
    // Null: not asked yet. Empty: there is none, or it may not be read.
    const std::vector<provision::Object>* find(const Question& question) const;
    void put(Question question, std::vector<provision::Object> objects);

private:
    std::vector<std::pair<Question, std::vector<provision::Object>>> m_all;
};

// Asks all questions, those about a tenant through the kubeconfig that Cluster API keeps of it. What does not
// exist or may not be read is answered with nothing; other failures end it. `done` is called once, on the
// client's network thread; not any more after ~Reading has returned.
class Reading {
public:
    static std::unique_ptr<Reading> start(std::shared_ptr<kube::Client> client, const std::string& ns,
                                          const std::string& cluster, std::vector<Question> questions,
                                          Answers known, std::function<void(Result<Answers>)> done);
    ~Reading();

private:
    class Private;
    explicit Reading(std::shared_ptr<Private> d);
    std::shared_ptr<Private> m_d;
};

} // namespace strata::actions
