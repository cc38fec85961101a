// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/watch/machine.h"

#include "core/base/translate.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace strata::kube::machine {
namespace {

// Only in the one way in which they are written again: small letters, dashes where they belong.
std::optional<std::array<std::uint64_t, 2>> uuidOf(std::string_view text)
{
    if (text.size() != 36)
        return {};
    std::array<std::uint64_t, 2> out{};
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-')
                return {};
            continue;
        }
        unsigned digit = 0;
        if (c >= '0' && c <= '9')
            digit = static_cast<unsigned>(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = static_cast<unsigned>(c - 'a') + 10;
        else
            return {};
        std::uint64_t& half = out[digits / 16];
        half = (half << 4U) | digit;
        ++digits;
    }
    return out;
}

std::string uuidText(const std::array<std::uint64_t, 2>& uuid)
{
    std::string out;
    out.reserve(36);
    for (std::size_t digit = 0; digit < 32; ++digit) {
        if (digit == 8 || digit == 12 || digit == 16 || digit == 20)
            out += '-';
        out += "0123456789abcdef"[(uuid[digit / 16] >> (60U - 4U * (digit % 16))) & 0xFU];
    }
    return out;
}

std::optional<std::uint64_t> numberOf(std::string_view text)
{
    if (text.empty() || (text.front() == '0' && text.size() > 1))
        return {};
    std::uint64_t number = 0;
    const auto [at, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    return fault == std::errc() && at == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

using Effects = std::vector<Effect>;

constexpr unsigned kMaxShortStreams = 3;
constexpr unsigned kMaxQuickRelists = 1;
constexpr unsigned kMaxStaleLists = 3;
constexpr unsigned kMaxBrokenInitials = 2;
constexpr std::chrono::milliseconds kShort{1000}; // client-go's VeryShortWatchError

std::string keyOf(const ObjectMeta& meta)
{
    return meta.ns + "/" + meta.name;
}

ObjectMeta metaOf(std::string_view key, const Known& known)
{
    const std::size_t slash = key.find('/');
    return {std::string(key.substr(0, slash)), std::string(key.substr(slash + 1)), known.uid(),
            known.resourceVersion()};
}

Error fault(ErrorKind kind, const char* text)
{
    return {kind, translate("KubeWatch", text), {}, 0, 0};
}

void wait(State& state, const Error& error, Effects& out)
{
    state.doing = Doing::Waiting;
    Wait effect;
    effect.error = error;
    effect.atLeast = std::chrono::seconds{error.retryAfterSeconds};
    switch (error.kind) {
    case ErrorKind::Auth:
    case ErrorKind::Forbidden:
        effect.phase = WatchPhase::Denied;
        break;
    case ErrorKind::NotFound:
        effect.phase = WatchPhase::Missing;
        break;
    default:
        break;
    }
    out.emplace_back(std::move(effect));
}

void openWatch(State& state, Effects& out)
{
    state.doing = Doing::Watching;
    state.opened = false;
    state.events = 0;
    out.emplace_back(OpenStream{state.resourceVersion, false});
}

void list(State& state, Effects& out)
{
    state.resourceVersion.clear();
    ++state.generation;
    state.events = 0;
    state.opened = false;
    out.emplace_back(Tell{WatchPhase::Listing});
    if (state.tryStreaming) {
        state.doing = Doing::StreamListing;
        out.emplace_back(OpenStream{{}, true});
    } else {
        state.doing = Doing::Listing;
        out.emplace_back(GetPage{});
    }
}

// Where we stand is of no use any more: list again, at once the first time, else with a pause, so that a
// server that always says so is not flooded.
void relist(State& state, const Error& why, Effects& out)
{
    state.resourceVersion.clear();
    if (state.relists++ < kMaxQuickRelists)
        list(state, out);
    else
        wait(state, why, out);
}

void proceed(State& state, Effects& out)
{
    if (state.resourceVersion.empty())
        list(state, out);
    else
        openWatch(state, out);
}

void heard(State& state)
{
    state.relists = 0;
    state.brokenInitials = 0;
}

// Delivers an object's new state unless it is not new.
void upsert(State& state, const ObjectMeta& meta, Effects& out)
{
    const std::string key = keyOf(meta);
    const auto [at, added] = state.known.insert(key);
    Known& known = *at;
    known.generation = state.generation;
    if (added) {
        known.set(meta.uid, meta.resourceVersion);
        out.emplace_back(Upsert{});
        return;
    }
    if (!known.isUid(meta.uid)) {
        // Another object of the same name: whoever looks at the old one must learn that it is gone.
        out.emplace_back(Delete{metaOf(key, known)});
        known.set(meta.uid, meta.resourceVersion);
        out.emplace_back(Upsert{});
        return;
    }
    if (known.isVersion(meta.resourceVersion) && !meta.resourceVersion.empty())
        return;
    // A server that lags behind: what we have is newer. Unless we have decided to believe the older list.
    if (state.staleLists < kMaxStaleLists &&
        compareVersions(meta.resourceVersion, known.resourceVersion()) < 0)
        return;
    known.set(meta.uid, meta.resourceVersion);
    out.emplace_back(Upsert{});
}

void erase(State& state, const ObjectMeta& meta, Effects& out)
{
    const std::string key = keyOf(meta);
    const Known* const known = state.known.find(key);
    if (known == nullptr)
        return;
    if (!meta.uid.empty() && !known->isUid(meta.uid))
        return; // the end of an earlier object of that name
    ObjectMeta gone = metaOf(key, *known);
    if (!meta.resourceVersion.empty())
        gone.resourceVersion = meta.resourceVersion;
    state.known.erase(key);
    out.emplace_back(Delete{std::move(gone)});
}

// A list is complete: what it did not name is gone.
void sweep(State& state, Effects& out)
{
    state.known.eraseIf([&](std::string_view key, const Known& known) {
        if (known.generation == state.generation)
            return false;
        out.emplace_back(Delete{metaOf(key, known)});
        return true;
    });
    state.synced = true;
    out.emplace_back(Synced{});
}

void advance(State& state, const std::string& version)
{
    if (version.empty() || compareVersions(version, state.resourceVersion) < 0)
        return;
    state.resourceVersion = version;
    state.highestSeen = version;
}

// A replica that lags must not take us back in time, yet a server restored from a backup must be believed in
// the end. True when the list may be taken.
bool believe(State& state, const std::string& version, Effects& out)
{
    if (compareVersions(version, state.highestSeen) >= 0 || state.staleLists >= kMaxStaleLists)
        return true;
    ++state.staleLists;
    wait(state,
         fault(ErrorKind::Protocol, "The API server answered with a state older than what it sent before."),
         out);
    return false;
}

void takeListVersion(State& state, const std::string& version)
{
    state.staleLists = 0;
    state.highestSeen = version;
    state.resourceVersion = version;
}

// ---- one handler an input ----

void on(State& state, const Started&, Effects& out)
{
    if (state.doing == Doing::Nothing)
        list(state, out);
}

void on(State& state, const PageStart& input, Effects& out)
{
    if (state.doing == Doing::Listing)
        believe(state, input.resourceVersion, out);
}

void on(State& state, const Item& input, Effects& out)
{
    if (state.doing != Doing::Listing)
        return;
    upsert(state, input.meta, out);
}

void on(State& state, const PageEnd& input, Effects& out)
{
    if (state.doing != Doing::Listing)
        return;
    if (!input.continueToken.empty()) {
        out.emplace_back(GetPage{input.continueToken});
        return;
    }
    takeListVersion(state, input.resourceVersion);
    sweep(state, out);
    openWatch(state, out);
}

void on(State& state, const ListFailed& input, Effects& out)
{
    if (state.doing != Doing::Listing)
        return;
    if (input.error.kind == ErrorKind::Gone)
        relist(state, input.error, out); // the pages' snapshot was compacted away under us
    else
        wait(state, input.error, out);
}

void on(State& state, const Opened&, Effects& out)
{
    state.opened = true;
    if (state.doing == Doing::Watching)
        out.emplace_back(Tell{WatchPhase::Live});
}

void on(State& state, const Event& input, Effects& out)
{
    if (state.doing != Doing::Watching && state.doing != Doing::StreamListing)
        return;
    ++state.events;
    if (input.type == EventType::Deleted)
        erase(state, input.meta, out);
    else
        upsert(state, input.meta, out);
    // The versions of a streaming list's objects come in no order: only its end mark says where we stand.
    if (state.doing == Doing::Watching) {
        heard(state);
        advance(state, input.meta.resourceVersion);
    }
}

void on(State& state, const Bookmark& input, Effects& out)
{
    if (state.doing == Doing::Watching) {
        heard(state);
        advance(state, input.resourceVersion);
    } else if (state.doing == Doing::StreamListing && input.initialEventsEnd) {
        if (!believe(state, input.resourceVersion, out)) {
            out.insert(out.end() - 1, DropStream{});
            return;
        }
        takeListVersion(state, input.resourceVersion);
        state.brokenInitials = 0;
        state.doing = Doing::Watching;
        sweep(state, out);
        out.emplace_back(Tell{WatchPhase::Live});
    }
}

void on(State& state, const StreamError& input, Effects& out)
{
    if (state.doing != Doing::Watching && state.doing != Doing::StreamListing)
        return;
    out.emplace_back(DropStream{});
    if (input.error.kind == ErrorKind::Gone)
        relist(state, input.error, out);
    else
        wait(state, input.error, out);
}

void on(State& state, const Garbage&, Effects& out)
{
    if (state.doing != Doing::Watching && state.doing != Doing::StreamListing)
        return;
    // An event may have been lost with it: only a list makes sure.
    out.emplace_back(DropStream{});
    state.resourceVersion.clear();
    wait(state, fault(ErrorKind::Protocol, "The API server sent something that is no watch event."), out);
}

void streamListingEnded(State& state, const Ended& input, Effects& out)
{
    const bool refused = !input.end && (input.end.error().kind == ErrorKind::Invalid);
    if (refused && !state.opened) {
        state.tryStreaming = false;
        out.emplace_back(RefusesStreamingLists{});
        list(state, out);
        return;
    }
    if (!input.end) {
        if (input.end.error().kind == ErrorKind::Gone)
            relist(state, input.end.error(), out);
        else
            wait(state, input.end.error(), out);
        return;
    }
    // A server that closes before the end mark does not know streaming lists, or is going down.
    if (++state.brokenInitials >= kMaxBrokenInitials)
        state.tryStreaming = false;
    wait(state, fault(ErrorKind::Protocol, "The API server ended a list before it was complete."), out);
}

void on(State& state, const Ended& input, Effects& out)
{
    if (state.doing == Doing::StreamListing) {
        streamListingEnded(state, input, out);
        return;
    }
    if (state.doing != Doing::Watching)
        return;
    const bool brief = input.lived < kShort;
    state.shortStreams = brief ? state.shortStreams + 1 : 0;
    if (!brief)
        heard(state);
    if (!input.end) {
        const Error& error = input.end.error();
        if (error.kind == ErrorKind::Gone) {
            relist(state, error, out);
            return;
        }
        if (error.kind == ErrorKind::Invalid)
            state.resourceVersion.clear(); // it may be the version that is not to its taste
        wait(state, error, out);
        return;
    }
    if (brief && (state.events == 0 || state.shortStreams > kMaxShortStreams))
        wait(state, fault(ErrorKind::Protocol, "The API server ended the watch as soon as it had begun."),
             out);
    else
        openWatch(state, out);
}

void on(State& state, const Quiet&, Effects& out)
{
    if (state.doing != Doing::StreamListing)
        return;
    // Some servers take the parameters for noise and answer with a plain watch: its end mark never comes.
    state.tryStreaming = false;
    out.emplace_back(DropStream{});
    out.emplace_back(RefusesStreamingLists{});
    list(state, out);
}

void on(State& state, const WaitOver&, Effects& out)
{
    if (state.doing == Doing::Waiting)
        proceed(state, out);
}

void on(State& state, const AuditFailed&, Effects& out)
{
    if (state.doing != Doing::Watching || !state.opened)
        return;
    out.emplace_back(DropStream{});
    list(state, out);
}

} // namespace

void Known::set(std::string_view uid, std::string_view resourceVersion)
{
    const auto uuid = uuidOf(uid);
    const auto number = numberOf(resourceVersion);
    m_isUuid = uuid.has_value();
    m_isNumber = number.has_value();
    m_uid = uuid.value_or(std::array<std::uint64_t, 2>{});
    m_version = number.value_or(0);
    m_odd = m_isUuid && m_isNumber
                ? nullptr
                : std::make_unique<Odd>(
                      Odd{std::string(m_isUuid ? "" : uid), std::string(m_isNumber ? "" : resourceVersion)});
}

bool Known::isUid(std::string_view uid) const
{
    return m_isUuid ? uuidOf(uid) == m_uid
                    : uid == (m_odd ? std::string_view(m_odd->uid) : std::string_view());
}

bool Known::isVersion(std::string_view resourceVersion) const
{
    return m_isNumber
               ? numberOf(resourceVersion) == m_version
               : resourceVersion == (m_odd ? std::string_view(m_odd->resourceVersion) : std::string_view());
}

std::string Known::uid() const
{
    return m_isUuid ? uuidText(m_uid) : m_odd ? m_odd->uid : std::string();
}

std::string Known::resourceVersion() const
{
    return m_isNumber ? std::to_string(m_version) : m_odd ? m_odd->resourceVersion : std::string();
}

std::vector<Suspect> suspects(const State& state, const Listed& listed)
{
    std::vector<Suspect> out;
    state.known.each([&](std::string_view key, const Known& known) {
        const std::string version = known.resourceVersion();
        if (compareVersions(version, listed.resourceVersion) > 0)
            return; // newer than the list: it says nothing of it
        const Known* const found = listed.objects.find(key);
        const bool same =
            found != nullptr && found->isUid(known.uid()) &&
            (found->isVersion(version) || compareVersions(found->resourceVersion(), version) < 0);
        if (!same)
            out.push_back({std::string(key), known.uid(), version});
    });
    listed.objects.each([&](std::string_view key, const Known&) {
        if (!state.known.contains(key))
            out.push_back({std::string(key), {}, {}});
    });
    return out;
}

bool isStillSuspect(const State& state, const Suspect& suspect)
{
    const Known* const found = state.known.find(suspect.key);
    if (found == nullptr)
        return suspect.uid.empty();
    return found->isUid(suspect.uid) && found->isVersion(suspect.resourceVersion);
}

int compareVersions(const std::string& a, const std::string& b)
{
    const auto isNumber = [](const std::string& text) {
        return !text.empty() && text.size() <= 20 && (text.front() != '0' || text.size() == 1) &&
               std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    if (!isNumber(a) || !isNumber(b))
        return 0;
    if (a.size() != b.size())
        return a.size() < b.size() ? -1 : 1;
    return a.compare(b);
}

void step(State& state, const Input& input, std::vector<Effect>& out)
{
    std::visit([&](const auto& what) { on(state, what, out); }, input);
}

} // namespace strata::kube::machine
