// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/kube/api/resource.h"
#include "core/kube/net/client.h"
#include "core/provision/object.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

// Changing one object by hand. What goes to the server is only what the operator changed, as a JSON merge
// patch (RFC 7386) on the newest version: an object that a controller touches every second can be edited, and
// what others changed meanwhile is never lost silently.
namespace strata::provision {

// Two changes of one value brought together. `conflicts` are the paths ("spec.replicas",
// "spec.containers[web].image") that both changed to different values; there `value` has mine.
struct ThreeWay {
    Object value;
    std::vector<std::string> conflicts;
};
// Mappings are merged by key; lists whose elements all carry a unique "name" (containers, volumes, ports …)
// by name; other lists are one value.
ThreeWay mergeThree(const Object& base, const Object& mine, const Object& theirs);

// What turns `from` into `to` (RFC 7386); an empty mapping when they are equal.
Object mergePatch(const Object& from, const Object& to);

// An object as it is edited: without status and without what only the server sets (managedFields, uid,
// resourceVersion, generation, creationTimestamp, selfLink).
Object editable(const Object& object);

// Two objects, or one at two times, as they are compared: without what differs anyhow (managedFields,
// resourceVersion, uid, generation, selfLink), with or without the status.
Object comparable(const Object& object, bool withStatus);

struct Saved {
    Object before; // editable() form, of the newest version before the write
    Object after;  // and as the server made it
    std::vector<std::string> warnings;
    bool changed = false; // false: there was nothing to write
};

// Reads, tries out and writes one object. Each call ends what the one before still waits for; `done` is
// called once, on the client's network thread, and not after the editor is gone.
class ObjectEditor {
public:
    ObjectEditor(std::shared_ptr<kube::Client> client, kube::ResourceId resource, std::string ns,
                 std::string name);
    ~ObjectEditor();

    // The editable() form of the newest version.
    void read(std::function<void(Result<Object>)> done);
    // `base` is what the operator began with. Conflict with the paths in `detail` when somebody else changed
    // the same places meanwhile, unless `force`: then the operator's values win. Refused, at once and on
    // this thread, when the identity (apiVersion, kind, name, namespace) was changed.
    void write(const Object& base, const Object& mine, bool dryRun, bool force,
               std::function<void(Result<Saved>)> done);

private:
    class Private;
    std::shared_ptr<Private> m_d;
};

} // namespace strata::provision
