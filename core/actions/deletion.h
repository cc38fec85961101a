// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/answers.h"
#include "core/base/timestamp.h"

#include <string>
#include <vector>

// What is left of a tenant cluster that is being deleted: who still holds what, since when, and what may
// safely be done about it. Reads only; nothing here takes a finalizer away.
namespace strata::actions {

struct Remnant {
    std::string kind;
    std::string ns;
    std::string name;
    int depth = 0;            // below its owner
    UnixMs deletingSince = 0; // 0: nobody has asked it to go yet
    std::vector<std::string> finalizers;
    std::string
        holder; // who answers for the first finalizer: "Cluster API's Machine controller"; empty: nobody
    std::string words;  // what it waits for; a sentence
    std::string step;   // the safe next step; empty: wait
    bool holds = false; // it is the end of a chain: the deletion goes on when this one goes
    bool stuck = false; // and for longer than it should
};

struct DeletionPicture {
    bool deleting = false; // of the Cluster itself
    UnixMs since = 0;
    bool gone = false;
    std::vector<Remnant> remnants; // parents before their children, the Cluster first
};

// What has to be read: the Cluster by name, its parts by their label.
std::vector<Question> deletionQuestions(const std::string& clusterApiVersion, const std::string& ns,
                                        const std::string& cluster);
DeletionPicture deletionOf(const std::vector<Question>& questions, const Answers& answers, UnixMs now);

} // namespace strata::actions
