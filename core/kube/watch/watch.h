// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/timestamp.h"
#include "core/kube/api/resource.h"
#include "core/kube/net/client.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace simdjson::dom {
class element;
}

namespace strata::kube {

struct ObjectMeta {
    std::string ns;
    std::string name;
    std::string uid;
    std::string resourceVersion;
};

enum class WatchPhase {
    Listing, // first list, or a relist
    Live,    // synced, events flow
    Waiting, // lost; retrying at `retryAt`
    Denied,  // 401/403: retried slowly (a minute)
    Missing, // 404: the kind is not served; retried slowly
    Stopped,
};

struct WatchState {
    WatchPhase phase = WatchPhase::Listing;
    UnixMs lastHeard = 0; // last byte or answer from the server, local clock; told at most every five seconds
    UnixMs retryAt = 0;   // only when Waiting, Denied or Missing
    Error error;          // why, when Waiting, Denied or Missing
    bool synced = false;  // a full list has been delivered at least once
};

// Receives one watch's objects on the network's thread. Elements are valid during the call only. Objects of a
// list lack apiVersion and kind when they are of a built-in kind (the server leaves them out); those of watch
// events have them. The request says what they are.
class ObjectSink {
public:
    virtual ~ObjectSink() = default;
    // Added or changed. `raw` is the object's JSON text as received.
    virtual void onUpsert(const ObjectMeta& meta, const simdjson::dom::element& object,
                          std::string_view raw) = 0;
    virtual void onDelete(const ObjectMeta& meta) = 0;
    // A relist delivers only differences: changed objects by onUpsert, gone ones by onDelete, then onSynced.
    virtual void onSynced() = 0;
    virtual void onState(const WatchState& state) = 0;
    // Something was left out (an object without a name, an event too large to keep); one sentence.
    virtual void onWarning(const std::string& sentence) { (void)sentence; }
};

struct WatchRequest {
    ResourceId resource;
    std::string ns;            // empty: all namespaces
    std::string fieldSelector; // not encoded
    std::string labelSelector;
    int pageSize = 500;
    // Only metadata is sent (PartialObjectMetadata): for what is large or secret.
    bool metadataOnly = false;
    // How often what is known is compared with what the server has (give or take a fifth); 0: never.
    std::chrono::milliseconds auditEvery{12 * 60'000};
    // What differs then is listed anew unless the watch tells of it within this time.
    std::chrono::milliseconds auditGrace{10'000};
};

// List + watch of one kind until destroyed: pages, resumes from the last resource version after a clean end,
// relists on 410, backs off with jitter on faults, advances on bookmarks. One bad object is skipped with a
// warning, never the rest. Events that a server lost are found by an audit now and then.
class Watch {
public:
    static std::unique_ptr<Watch> start(std::shared_ptr<Client> client, WatchRequest request,
                                        std::shared_ptr<ObjectSink> sink);
    virtual ~Watch() = default;  // after it returns no sink method is called any more (safe from any thread)
    virtual void retryNow() = 0; // end a wait early

    // What it has delivered and not deleted since; on the network's thread only, so that nobody who follows a
    // kind needs a list of names beside the watch's own.
    virtual std::size_t size() const = 0;
    virtual bool knows(std::string_view ns, std::string_view name) const = 0;
    // Tells the names and forgets them. It lists again before it resumes, and all of the list is new then.
    virtual void takeNames(const std::function<void(std::string_view ns, std::string_view name)>& take) = 0;
};

} // namespace strata::kube
