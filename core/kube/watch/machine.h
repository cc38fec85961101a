// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/nametable.h"
#include "core/kube/watch/watch.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// List + watch of one kind as a state machine without I/O, clock or randomness: step(state, input) changes
// the state and says what to do. watch.cpp is the driver that does it. The rules are those of client-go's
// tools/cache/reflector.go and kube-rs' watcher.rs.
namespace strata::kube::machine {

// ---- what happened ----
struct Started {};
struct PageStart { // a list page arrived; its items follow, then PageEnd
    std::string resourceVersion;
};
struct Item { // of the list page that is being read
    ObjectMeta meta;
};
struct PageEnd {
    std::string resourceVersion;
    std::string continueToken;
};
struct ListFailed {
    Error error;
};
struct Opened {}; // the stream's headers arrived: 200
enum class EventType { Added, Modified, Deleted };
struct Event {
    EventType type = EventType::Added;
    ObjectMeta meta;
};
struct Bookmark {
    std::string resourceVersion;
    bool initialEventsEnd = false; // annotation k8s.io/initial-events-end
};
struct StreamError { // an ERROR event
    Error error;
};
struct Garbage {}; // a frame that is no JSON, or no event
struct Ended {     // the stream, after or instead of Opened
    Result<void> end;
    std::chrono::milliseconds lived{0}; // since Opened
};
struct Quiet {};       // a streaming list has not moved for a while
struct WaitOver {};    // the wait ran out, or somebody cut it short
struct AuditFailed {}; // what is known differs from what the server has, and the watch does not tell why

using Input = std::variant<Started, PageStart, Item, PageEnd, ListFailed, Opened, Event, Bookmark,
                           StreamError, Garbage, Ended, Quiet, WaitOver, AuditFailed>;

// ---- what to do ----
struct Upsert {}; // hand on the object that came with this input
struct Delete {
    ObjectMeta meta;
};
struct Synced {};
struct GetPage {
    std::string continueToken; // empty: the first page
};
struct OpenStream {
    std::string resourceVersion;
    bool initialEvents = false; // a streaming list
};
struct DropStream {}; // forget the running stream; nothing more is to come from it
struct Wait {
    WatchPhase phase = WatchPhase::Waiting; // Waiting: with backoff; Denied, Missing: slowly
    Error error;
    std::chrono::seconds atLeast{0}; // what the server asked for
};
struct Tell { // a change of phase other than by Wait
    WatchPhase phase = WatchPhase::Listing;
};
struct RefusesStreamingLists {}; // remember it for this server

using Effect =
    std::variant<Upsert, Delete, Synced, GetPage, OpenStream, DropStream, Wait, Tell, RefusesStreamingLists>;

// ---- the state ----

// What a watch keeps of each object, told and compared as written. There are hundreds of thousands of them: a
// uid that is a UUID and a version that is a number, as all are where the server is Kubernetes' own, are kept
// as such.
class Known {
public:
    void set(std::string_view uid, std::string_view resourceVersion);
    bool isUid(std::string_view uid) const;
    bool isVersion(std::string_view resourceVersion) const;
    std::string uid() const;
    std::string resourceVersion() const;

    std::uint32_t generation = 0; // of the list that named it last

private:
    struct Odd {
        std::string uid;
        std::string resourceVersion;
    };
    bool m_isUuid = false;
    bool m_isNumber = false;
    std::array<std::uint64_t, 2> m_uid{}; // of a UUID
    std::uint64_t m_version = 0;          // of a number
    std::unique_ptr<Odd> m_odd;
};

enum class Doing { Nothing, Listing, StreamListing, Watching, Waiting };

struct State {
    explicit State(bool streamingLists) : tryStreaming(streamingLists) {}

    Doing doing = Doing::Nothing;
    bool tryStreaming;
    bool synced = false;
    bool opened = false;         // the current stream answered 200
    std::string resourceVersion; // where a watch resumes; empty: list first
    std::string highestSeen;     // of lists and watches; a list must not be older
    unsigned events = 0;         // of the current stream, bookmarks not counted
    unsigned shortStreams = 0;   // in a row that ended within a second
    unsigned relists = 0;        // since something was last heard on a watch
    unsigned staleLists = 0;     // in a row that were older than what we had
    unsigned brokenInitials = 0; // streaming lists in a row that ended before their end mark

    NameTable<Known> known; // "namespace/name"
    std::uint32_t generation = 0;
};

// Effects are appended to `out`, to be carried out in order.
void step(State& state, const Input& input, std::vector<Effect>& out);

// ---- audit ----
// API servers have been seen to lose events of a watch (kubernetes#123072); nothing but a list tells. Once in
// a while the metadata of all objects is listed beside the watch and compared. What differs is a suspect
// only: the watch may be a little behind. Who is still suspect after a while has been lost.
struct Listed {
    std::string resourceVersion; // of the list
    NameTable<Known> objects;    // "namespace/name"
};
struct Suspect {
    std::string key;
    std::string uid; // as it was known; empty: it was not
    std::string resourceVersion;
};
std::vector<Suspect> suspects(const State& state, const Listed& listed);
bool isStillSuspect(const State& state, const Suspect& suspect);

// Below 0 when `a` is older than `b`, above 0 when newer, 0 when equal or not comparable. Resource versions
// are opaque by contract; all servers in use give decimal numbers, and only those are ordered here.
int compareVersions(const std::string& a, const std::string& b);

} // namespace strata::kube::machine
