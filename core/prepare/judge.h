// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/prepare/detect.h"

#include <map>
#include <set>
#include <string>
#include <vector>

// What is to be thought of what a cluster has, and what is to be done. Pure.
namespace strata::prepare {

enum class Standing {
    Fine,
    CanUpgrade,  // works; there is something newer
    MustUpgrade, // does not go with the rest any more
    Missing,
    Repair,   // half there, or ailing
    Conflict, // nothing is proposed: somebody has to decide
    Unseen,
};

struct Opinion {
    std::string id;
    Standing standing = Standing::Fine;
    std::string reason; // a sentence
};

enum class Deed { Leave, Install, Upgrade, Repair };

// What the operator wants of one component.
struct Wish {
    std::string id;
    Deed deed = Deed::Leave;
    std::string version;         // of it; the running one for Leave, may be empty then
    bool possible = true;        // may be more than Leave
    std::set<std::string> gates; // that are on: variables set to true, entries of the resource's list
};

struct Proposal {
    std::vector<Opinion> opinions; // in the matrix's order
    std::vector<Wish> wishes;      // the same

    const Opinion* opinion(const std::string& id) const;
    const Wish* wish(const std::string& id) const;
    Wish* wish(const std::string& id);
    bool nothingToDo() const; // all wishes are Leave
};

// Which versions of a component may be chosen on this cluster, newest first.
std::vector<std::string> versionsFor(const ComponentSpec& spec, const Matrix& matrix, const Picture& picture);

Proposal propose(const Picture& picture, const Matrix& matrix);

// What is wrong with what the operator wants, one sentence each; empty: nothing. `versions` that a source
// has may be among the wishes whether the matrix knows them or not.
struct Objection {
    std::string id; // component
    std::string text;
};
std::vector<Objection> objections(const std::vector<Wish>& wishes, const Picture& picture,
                                  const Matrix& matrix);

std::vector<Gate> gatesOf(const ComponentSpec& spec, const std::string& version); // that it has

// Components that must have the version of another one get it, and are upgraded with it.
void follow(std::vector<Wish>& wishes, const Picture& picture, const Matrix& matrix);

const char* toString(Standing standing);
const char* toString(Deed deed);

} // namespace strata::prepare
