// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/net/client.h"
#include "core/prepare/plan.h"

#include <functional>
#include <memory>
#include <vector>

// What is asked of the cluster. Both read only; `done` is called once, on the client's network thread, and
// not any more after the handle has gone.
namespace strata::prepare {

class Survey {
public:
    // What may not be listed is told in Listed::unseen; a server that does not answer is an error. `matrix`
    // outlives the survey.
    static std::unique_ptr<Survey> start(std::shared_ptr<kube::Client> client, const Matrix& matrix,
                                         std::function<void(Result<Listed>)> done);
    ~Survey();

private:
    class Private;
    explicit Survey(std::shared_ptr<Private> d);
    std::shared_ptr<Private> m_d;
};

// Which of the objects that are to be written are there already.
class LookUp {
public:
    static std::unique_ptr<LookUp> start(std::shared_ptr<kube::Client> client, std::vector<Object> objects,
                                         std::function<void(Result<Existing>)> done);
    ~LookUp();

private:
    class Private;
    explicit LookUp(std::shared_ptr<Private> d);
    std::shared_ptr<Private> m_d;
};

} // namespace strata::prepare
