// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/backoff.h"
#include "core/kube/watch/framesplitter.h"
#include "core/kube/watch/jsonscan.h"
#include "core/kube/watch/machine.h"

#include <QtTest>

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <map>

using namespace strata;
using namespace strata::kube;
using namespace strata::kube::machine;

namespace {

ObjectMeta meta(const char* name, const char* uid, const char* version)
{
    return {"n", name, uid, version};
}

Error error(ErrorKind kind, int retryAfter = 0)
{
    Error e;
    e.kind = kind;
    e.retryAfterSeconds = retryAfter;
    return e;
}

Ended cleanEnd(int ms)
{
    return {{}, std::chrono::milliseconds{ms}};
}

Ended badEnd(ErrorKind kind, int ms = 5000)
{
    return {tl::unexpected(error(kind)), std::chrono::milliseconds{ms}};
}

std::string print(const Effect& effect)
{
    struct Printer {
        std::string operator()(const Upsert&) const { return "upsert"; }
        std::string operator()(const Delete& e) const
        {
            return "delete " + e.meta.name + "/" + e.meta.uid + "@" + e.meta.resourceVersion;
        }
        std::string operator()(const Synced&) const { return "synced"; }
        std::string operator()(const GetPage& e) const { return "page(" + e.continueToken + ")"; }
        std::string operator()(const OpenStream& e) const
        {
            return e.initialEvents ? std::string("streamlist") : "watch(" + e.resourceVersion + ")";
        }
        std::string operator()(const DropStream&) const { return "drop"; }
        std::string operator()(const Wait& e) const
        {
            std::string out = e.phase == WatchPhase::Denied    ? "denied"
                              : e.phase == WatchPhase::Missing ? "missing"
                                                               : "wait";
            if (e.atLeast.count() > 0)
                out += ">=" + std::to_string(e.atLeast.count());
            return out;
        }
        std::string operator()(const Tell& e) const
        {
            return e.phase == WatchPhase::Live ? "live" : "listing";
        }
        std::string operator()(const RefusesStreamingLists&) const { return "remember"; }
    };
    return std::visit(Printer{}, effect);
}

class Bench {
public:
    explicit Bench(bool streaming = false) : state(streaming) {}

    std::string operator()(const Input& input)
    {
        std::vector<Effect> effects;
        step(state, input, effects);
        std::string out;
        for (const Effect& effect : effects)
            out += (out.empty() ? "" : " ") + print(effect);
        return out;
    }
    // Listed a@1 and b@2 at version 10, watch open.
    Bench& live()
    {
        (*this)(Started{});
        (*this)(PageStart{"10"});
        (*this)(Item{meta("a", "ua", "1")});
        (*this)(Item{meta("b", "ub", "2")});
        (*this)(PageEnd{"10", ""});
        (*this)(Opened{});
        return *this;
    }

    machine::State state;
};

// A sink without a network: what the driver would do with recorded bytes, at any cut.
struct Recorder {
    std::map<std::string, std::string> store; // name → uid@version
    machine::State state{true};
    int frames = 0;
    std::vector<std::string> log;

    void input(const Input& what)
    {
        std::vector<Effect> effects;
        step(state, what, effects);
        for (const Effect& effect : effects) {
            if (std::holds_alternative<Upsert>(effect)) {
                const ObjectMeta& m = std::get<Event>(what).meta;
                store[m.name] = m.uid + "@" + m.resourceVersion;
            } else if (const auto* gone = std::get_if<Delete>(&effect)) {
                store.erase(gone->meta.name);
            }
            log.push_back(print(effect));
        }
    }
    bool frame(std::string_view text)
    {
        ++frames;
        simdjson::dom::parser parser;
        simdjson::dom::element root;
        if (parser.parse(text.data(), text.size(), true).get(root) != simdjson::SUCCESS) {
            input(Garbage{});
            return true;
        }
        const auto words = [](const simdjson::dom::element& from, const char* key) -> std::string {
            std::string_view value;
            return from[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
        };
        const std::string type = words(root, "type");
        simdjson::dom::element m;
        if (root["object"]["metadata"].get(m) != simdjson::SUCCESS) {
            input(Garbage{});
            return true;
        }
        if (type == "BOOKMARK") {
            input(Bookmark{words(m, "resourceVersion"), m["annotations"].error() == simdjson::SUCCESS});
            return true;
        }
        Event event;
        event.type = type == "ADDED"      ? EventType::Added
                     : type == "MODIFIED" ? EventType::Modified
                                          : EventType::Deleted;
        event.meta = {"n", words(m, "name"), words(m, "uid"), words(m, "resourceVersion")};
        input(event);
        return true;
    }
};

std::string frameText(const char* type, const std::string& name, const std::string& uid, int version,
                      const std::string& extra = {})
{
    return std::string("{\"type\":\"") + type + "\",\"object\":{\"metadata\":{\"name\":\"" + name +
           R"(","namespace":"n","uid":")" + uid + R"(","resourceVersion":")" + std::to_string(version) +
           "\"" + extra + "}}}\n";
}

// A streaming list and what follows, as a server would send it; `truth` is what must be known at the end.
std::string recordedStream(std::map<std::string, std::string>& truth)
{
    std::string text;
    for (int i = 0; i < 6; ++i) {
        const std::string name = "pod-" + std::to_string(i);
        text += frameText("ADDED", name, "u" + std::to_string(i), 100 + i,
                          ",\"annotations\":{\"note\":\"a \\\"}\\\\n{\\\\ ä 🙂\"}");
        truth[name] = "u" + std::to_string(i) + "@" + std::to_string(100 + i);
    }
    text +=
        R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"110","annotations":{"k8s.io/initial-events-end":"true"}}}})"
        "\n";
    text += frameText("MODIFIED", "pod-1", "u1", 111);
    text += frameText("DELETED", "pod-2", "u2", 112);
    text += frameText("ADDED", "pod-2", "u2-again", 113);
    text += frameText("MODIFIED", "pod-1", "u1", 114);
    text += R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"120"}}})"
            "\n";
    text += frameText("DELETED", "pod-3", "u3", 121);
    text += frameText("ADDED", "pod-9", "u9", 122);
    truth["pod-1"] = "u1@114";
    truth["pod-2"] = "u2-again@113";
    truth.erase("pod-3");
    truth["pod-9"] = "u9@122";
    return text;
}

} // namespace

class TestMachine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pagedListThenWatch()
    {
        Bench m;
        QCOMPARE(m(Started{}), std::string("listing page()"));
        QCOMPARE(m(PageStart{"10"}), std::string());
        QCOMPARE(m(Item{meta("a", "ua", "1")}), std::string("upsert"));
        QCOMPARE(m(PageEnd{"10", "next"}), std::string("page(next)"));
        QCOMPARE(m(Item{meta("b", "ub", "2")}), std::string("upsert"));
        QCOMPARE(m(PageEnd{"10", ""}), std::string("synced watch(10)"));
        QCOMPARE(m(Opened{}), std::string("live"));
        QCOMPARE(m(Event{EventType::Modified, meta("a", "ua", "11")}), std::string("upsert"));
        QCOMPARE(m(Event{EventType::Modified, meta("a", "ua", "11")}), std::string()); // said twice
        QCOMPARE(m(Event{EventType::Deleted, meta("b", "ub", "12")}), std::string("delete b/ub@12"));
        QCOMPARE(m(Event{EventType::Deleted, meta("b", "ub", "12")}), std::string());
        QCOMPARE(m(Bookmark{"20", false}), std::string());
        QCOMPARE(m(cleanEnd(400000)), std::string("watch(20)"));
    }

    void goneInTheMiddleOfAList()
    {
        Bench m;
        m(Started{});
        m(PageStart{"10"});
        m(Item{meta("a", "ua", "1")});
        m(PageEnd{"10", "next"});
        QCOMPARE(m(ListFailed{error(ErrorKind::Gone)}), std::string("listing page()"));
        QCOMPARE(m(PageStart{"12"}), std::string());
        QCOMPARE(m(Item{meta("c", "uc", "3")}), std::string("upsert"));
        // What only the abandoned list had named is gone with the complete one.
        QCOMPARE(m(PageEnd{"12", ""}), std::string("delete a/ua@1 synced watch(12)"));
    }
    void goneForEverIsPaced()
    {
        Bench m;
        m(Started{});
        QCOMPARE(m(ListFailed{error(ErrorKind::Gone)}), std::string("listing page()"));
        QCOMPARE(m(ListFailed{error(ErrorKind::Gone)}), std::string("wait"));
        QCOMPARE(m(WaitOver{}), std::string("listing page()"));
    }

    void relistIsADifference()
    {
        Bench m;
        m.live();
        QCOMPARE(m(badEnd(ErrorKind::Gone)), std::string("listing page()"));
        m(PageStart{"30"});
        QCOMPARE(m(Item{meta("a", "ua", "1")}), std::string()); // unchanged: not told again
        QCOMPARE(m(Item{meta("c", "uc", "25")}), std::string("upsert"));
        QCOMPARE(m(PageEnd{"30", ""}), std::string("delete b/ub@2 synced watch(30)"));
    }

    void sameNameOtherObject()
    {
        Bench m;
        m.live();
        QCOMPARE(m(Event{EventType::Added, meta("a", "new", "11")}), std::string("delete a/ua@1 upsert"));
        QCOMPARE(m(Event{EventType::Deleted, meta("a", "ua", "11")}),
                 std::string()); // the old one's end, late
        m(badEnd(ErrorKind::Gone));
        m(PageStart{"30"});
        QCOMPARE(m(Item{meta("a", "third", "29")}), std::string("delete a/new@11 upsert"));
    }

    void goneOnConnectAndInStream()
    {
        Bench m;
        m.live();
        m(Event{EventType::Modified, meta("a", "ua", "11")});
        QCOMPARE(m(StreamError{error(ErrorKind::Gone)}), std::string("drop listing page()"));
        m(PageStart{"30"});
        m(Item{meta("a", "ua", "11")});
        m(Item{meta("b", "ub", "2")});
        m(PageEnd{"30", ""});
        // Straight again: now with a pause, and the list is not taken for granted.
        QCOMPARE(m(badEnd(ErrorKind::Gone, 0)), std::string("wait"));
        QCOMPARE(m(WaitOver{}), std::string("listing page()"));
    }

    void otherErrorsResume()
    {
        for (const ErrorKind kind :
             {ErrorKind::Throttled, ErrorKind::Server, ErrorKind::Network, ErrorKind::Timeout}) {
            Bench m;
            m.live();
            m(Event{EventType::Modified, meta("a", "ua", "11")});
            QCOMPARE(m(StreamError{error(kind, 7)}), std::string("drop wait>=7"));
            QCOMPARE(m(WaitOver{}), std::string("watch(11)")); // no relist
            QCOMPARE(m(badEnd(kind)), std::string("wait"));
            QCOMPARE(m(WaitOver{}), std::string("watch(11)"));
        }
    }

    void deniedAndMissing()
    {
        Bench m;
        m(Started{});
        QCOMPARE(m(ListFailed{error(ErrorKind::Forbidden)}), std::string("denied"));
        QCOMPARE(m(WaitOver{}), std::string("listing page()"));
        QCOMPARE(m(ListFailed{error(ErrorKind::Auth)}), std::string("denied"));
        m(WaitOver{});
        QCOMPARE(m(ListFailed{error(ErrorKind::NotFound)}), std::string("missing"));
        Bench n;
        n.live();
        QCOMPARE(n(badEnd(ErrorKind::Forbidden)), std::string("denied")); // and nothing is deleted
        QCOMPARE(n.state.known.size(), std::size_t(2));
        QCOMPARE(n(WaitOver{}), std::string("watch(10)"));
    }

    void shortWatchesBackOff()
    {
        Bench m;
        m.live();
        QCOMPARE(m(cleanEnd(20)), std::string("wait"));
        QCOMPARE(m(WaitOver{}), std::string("watch(10)"));
        m(Opened{});
        QCOMPARE(m(cleanEnd(2000)), std::string("watch(10)")); // quiet but not short
        // One event a connection is no way to flood us either.
        std::string last;
        for (int i = 0; i < 4; ++i) {
            m(Opened{});
            m(Event{EventType::Modified, meta("a", "ua", std::to_string(20 + i).c_str())});
            last = m(cleanEnd(5));
        }
        QCOMPARE(last, std::string("wait"));
    }

    void neverBackInTime()
    {
        Bench m;
        m.live();
        m(Event{EventType::Modified, meta("a", "ua", "50")});
        QCOMPARE(m(Event{EventType::Modified, meta("a", "ua", "49")}), std::string()); // a lagging replica
        QCOMPARE(m(Bookmark{"40", false}), std::string());
        QCOMPARE(m(cleanEnd(60000)), std::string("watch(50)"));
        QCOMPARE(m(badEnd(ErrorKind::Gone)), std::string("listing page()"));
        // Three times not believed, then it was restored from a backup.
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(m(PageStart{"30"}), std::string("wait"));
            QCOMPARE(m(Item{meta("a", "ua", "29")}), std::string()); // not looked at
            QCOMPARE(m(PageEnd{"30", ""}), std::string());
            QCOMPARE(m(WaitOver{}), std::string("listing page()"));
        }
        QCOMPARE(m(PageStart{"30"}), std::string());
        QCOMPARE(m(Item{meta("a", "ua", "29")}), std::string("upsert"));
        QCOMPARE(m(PageEnd{"30", ""}), std::string("delete b/ub@2 synced watch(30)"));
        QCOMPARE(compareVersions("9", "10"), -1);
        QCOMPARE(compareVersions("abc", "10"), 0);
        QCOMPARE(compareVersions("010", "10"), 0);
    }

    // Uids and versions are kept small where they are what Kubernetes gives, and are told as they came.
    void keptAsWritten()
    {
        const std::vector<std::string> uids = {"",
                                               "u",
                                               "12345678-9abc-def0-0123-456789abcdef",
                                               "12345678-9ABC-DEF0-0123-456789ABCDEF",
                                               "12345678-9abc-def0-0123-456789abcdeg",
                                               "12345678-9abc-def0-0123-456789abcde",
                                               "123456789-abc-def0-0123-456789abcdef",
                                               "00000000-0000-0000-0000-000000000000"};
        const std::vector<std::string> versions = {
            "", "0", "1", "01", "-1", "+1", "abc", "1 ", "18446744073709551615", "18446744073709551616"};
        Known known;
        for (const std::string& uid : uids) {
            for (const std::string& version : versions) {
                known.set(uid, version); // over what was there
                QCOMPARE(known.uid(), uid);
                QCOMPARE(known.resourceVersion(), version);
                for (const std::string& other : uids)
                    QCOMPARE(known.isUid(other), other == uid);
                for (const std::string& other : versions)
                    QCOMPARE(known.isVersion(other), other == version);
            }
        }
        QVERIFY(Known().isUid("") && Known().isVersion("") && Known().uid().empty());
    }

    void streamingList()
    {
        Bench m(true);
        QCOMPARE(m(Started{}), std::string("listing streamlist"));
        QCOMPARE(m(Opened{}), std::string());
        QCOMPARE(m(Event{EventType::Added, meta("a", "ua", "9")}), std::string("upsert"));
        QCOMPARE(m(Bookmark{"11", false}), std::string()); // not the end mark
        QCOMPARE(m(Bookmark{"12", true}), std::string("synced live"));
        QCOMPARE(m(Event{EventType::Modified, meta("a", "ua", "13")}), std::string("upsert"));
        QCOMPARE(m(cleanEnd(60000)), std::string("watch(13)"));
    }
    void streamingListBrokenOff()
    {
        Bench m(true);
        m(Started{});
        m(Opened{});
        m(Event{EventType::Added, meta("a", "ua", "9")});
        // The versions seen so far are no place to resume from.
        QCOMPARE(m(badEnd(ErrorKind::Network)), std::string("wait"));
        QCOMPARE(m(WaitOver{}), std::string("listing streamlist"));
        m(Opened{});
        QCOMPARE(m(Bookmark{"12", true}), std::string("delete a/ua@9 synced live"));
    }
    void streamingListRefused()
    {
        Bench m(true);
        m(Started{});
        QCOMPARE(m(badEnd(ErrorKind::Invalid, 0)), std::string("remember listing page()"));
        m(PageStart{"5"});
        QCOMPARE(m(PageEnd{"5", ""}), std::string("synced watch(5)"));
        QCOMPARE(m(badEnd(ErrorKind::Gone)), std::string("listing page()")); // not tried again
    }
    void streamingListWithoutEndMark()
    {
        Bench m(true);
        m(Started{});
        m(Opened{});
        m(Event{EventType::Added, meta("a", "ua", "9")});
        QCOMPARE(m(Quiet{}), std::string("drop remember listing page()"));
        m(PageStart{"12"});
        QCOMPARE(m(Item{meta("a", "ua", "9")}), std::string());
        QCOMPARE(m(PageEnd{"12", ""}), std::string("synced watch(12)"));
    }

    void garbageRelists()
    {
        Bench m;
        m.live();
        QCOMPARE(m(Garbage{}), std::string("drop wait"));
        QCOMPARE(m(Event{EventType::Modified, meta("a", "ua", "11")}),
                 std::string()); // of the dropped stream
        QCOMPARE(m(WaitOver{}), std::string("listing page()"));
    }

    // Whatever the cut, and whether the connection dies there or not: what is known at the end is the truth.
    void everyCut()
    {
        std::map<std::string, std::string> truth;
        const std::string text = recordedStream(truth);
        const auto feed = [](FrameSplitter& splitter, Recorder& recorder, std::string_view bytes) {
            splitter.feed(
                bytes, [&](std::string_view frame) { return recorder.frame(frame); },
                [](std::size_t) { return true; });
        };
        Recorder whole;
        {
            FrameSplitter splitter;
            whole.input(Started{});
            whole.input(Opened{});
            feed(splitter, whole, text);
        }
        QCOMPARE(whole.store, truth);
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            FrameSplitter splitter;
            Recorder r;
            r.input(Started{});
            r.input(Opened{});
            feed(splitter, r, std::string_view(text).substr(0, cut));
            feed(splitter, r, std::string_view(text).substr(cut));
            QCOMPARE(r.store, truth);
            QCOMPARE(r.frames, whole.frames);
            QCOMPARE(r.log, whole.log);
        }
        // Cut off for good there: the rest comes by a second connection that resumes where we stood.
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            Recorder r;
            {
                FrameSplitter splitter;
                r.input(Started{});
                r.input(Opened{});
                feed(splitter, r, std::string_view(text).substr(0, cut));
            }
            r.input(badEnd(ErrorKind::Network));
            r.input(WaitOver{});
            r.input(Opened{});
            // The server replays what is newer than the version we ask for, or lists afresh.
            FrameSplitter splitter;
            const int from = r.state.resourceVersion.empty() ? 0 : std::stoi(r.state.resourceVersion);
            std::size_t at = 0;
            while (at < text.size()) {
                const std::size_t end = text.find('\n', at) + 1;
                const std::string line = text.substr(at, end - at);
                const std::string key = "\"resourceVersion\":\"";
                const int version = std::stoi(line.substr(line.find(key) + key.size()));
                if (version > from)
                    feed(splitter, r, line);
                at = end;
            }
            QCOMPARE(r.store, truth);
        }
    }

    void bytesOneByOne()
    {
        std::map<std::string, std::string> truth;
        const std::string text = recordedStream(truth);
        FrameSplitter splitter;
        Recorder r;
        r.input(Started{});
        r.input(Opened{});
        for (const char c : text)
            splitter.feed(
                std::string_view(&c, 1), [&](std::string_view frame) { return r.frame(frame); },
                [](std::size_t) { return true; });
        QCOMPARE(r.store, truth);
        QCOMPARE(splitter.pending(), std::size_t(0));
    }

    void tooLongFrameIsSkipped()
    {
        for (std::size_t piece : {1U, 7U, 1000U}) {
            FrameSplitter splitter(100);
            std::vector<std::string> frames;
            std::vector<std::size_t> dropped;
            std::size_t most = 0;
            const std::string text = "first\n" + std::string(5000, 'x') + "\nsecond\r\n\n" +
                                     std::string(100, 'y') + "\n" + std::string(101, 'z') + "\nlast";
            for (std::size_t at = 0; at < text.size(); at += piece) {
                splitter.feed(
                    std::string_view(text).substr(at, piece),
                    [&](std::string_view frame) {
                        frames.emplace_back(frame);
                        return true;
                    },
                    [&](std::size_t size) {
                        dropped.push_back(size);
                        return true;
                    });
                most = std::max(most, splitter.pending());
            }
            QCOMPARE(frames, (std::vector<std::string>{"first", "second", std::string(100, 'y')}));
            QCOMPARE(dropped, (std::vector<std::size_t>{5000, 101}));
            QVERIFY(most <= 100);
            QCOMPARE(splitter.pending(), std::size_t(4)); // "last" is not finished, hence no frame
        }
    }

    void scanning()
    {
        const std::string text = " {\"kind\" : \"L\", \"metadata\":{\"a\":\"}]\\\\\\\"\",\"b\":[{}]}, \"n\": "
                                 "-1.5e3,\"items\": [ {\"x\":\"\\\\\"} ,{\"y\":[1,2]}, 7 ,null ] } ";
        std::map<std::string, std::string> members;
        JsonScanner scanner(text);
        QVERIFY(scanner.members([&](std::string_view key, std::string_view value) {
            members[std::string(key)] = value;
            return true;
        }));
        QCOMPARE(members["metadata"], std::string("{\"a\":\"}]\\\\\\\"\",\"b\":[{}]}"));
        QCOMPARE(members["n"], std::string("-1.5e3"));
        std::vector<std::string> items;
        JsonScanner list(members["items"]);
        QVERIFY(list.elements([&](std::string_view value) {
            items.emplace_back(value);
            return true;
        }));
        QCOMPARE(items, (std::vector<std::string>{"{\"x\":\"\\\\\"}", R"({"y":[1,2]})", "7", "null"}));
        // No prefix of it is taken for whole, and none makes it read past the end.
        const std::size_t end = text.rfind('}');
        for (std::size_t cut = 0; cut <= end; ++cut) {
            const std::string prefix = text.substr(0, cut);
            JsonScanner broken{prefix};
            QVERIFY(!broken.members([](std::string_view, std::string_view) { return true; }));
        }
        QVERIFY(JsonScanner("null").elements([](std::string_view) { return false; }));
        QVERIFY(JsonScanner("[]").elements([](std::string_view) { return false; }));
        QVERIFY(!JsonScanner("[1 2]").elements([](std::string_view) { return true; }));
        QVERIFY(!JsonScanner("]").elements([](std::string_view) { return true; }));
    }

    // What an audit's list differs in is suspect, unless the list is older than what is known; and lost only
    // when the watch has not told of it a while later.
    void audit()
    {
        Bench bench;
        bench.live(); // a@1 and b@2 at version 10
        struct There {
            const char* key;
            const char* uid;
            const char* version;
        };
        using All = std::vector<There>;
        const auto listed = [](const char* version, const All& all) {
            Listed out;
            out.resourceVersion = version;
            for (const There& each : all)
                out.objects.insert(each.key).first->set(each.uid, each.version);
            return out;
        };
        const auto found = [&](const char* version, const All& all) {
            std::vector<std::string> keys;
            for (const Suspect& suspect : suspects(bench.state, listed(version, all)))
                keys.push_back(suspect.key);
            std::sort(keys.begin(), keys.end());
            return keys;
        };
        using Keys = std::vector<std::string>;
        const There a{"n/a", "ua", "1"};
        const There b{"n/b", "ub", "2"};
        QCOMPARE(found("10", All{a, b}), Keys());
        QCOMPARE(found("20", All{a}), Keys{"n/b"});                      // a lost delete
        QCOMPARE(found("20", All{{"n/a", "ua", "15"}, b}), Keys{"n/a"}); // a change
        QCOMPARE(found("20", All{{"n/a", "new", "15"}, b}), Keys{"n/a"});
        QCOMPARE(found("20", All{a, b, {"n/c", "uc", "9"}}), Keys{"n/c"});
        // Known since the list was made: it says nothing of it.
        QCOMPARE(bench(Event{EventType::Added, meta("d", "ud", "30")}), std::string("upsert"));
        QCOMPARE(found("20", All{a, b}), Keys());

        const std::vector<Suspect> both =
            suspects(bench.state, listed("40", All{{"n/a", "ua", "35"}, {"n/d", "ud", "30"}}));
        QCOMPARE(both.size(), std::size_t(2));
        for (const Suspect& suspect : both)
            QVERIFY(isStillSuspect(bench.state, suspect));
        bench(Event{EventType::Modified, meta("a", "ua", "35")});
        bench(Event{EventType::Deleted, meta("b", "ub", "36")});
        for (const Suspect& suspect : both)
            QVERIFY(!isStillSuspect(bench.state, suspect));

        QCOMPARE(bench(AuditFailed{}), std::string("drop listing page()"));
        QCOMPARE(bench(AuditFailed{}), std::string()); // it lists already
        bench(PageStart{"41"});
        bench(Item{meta("a", "ua", "35")});
        QCOMPARE(bench(PageEnd{"41", ""}), std::string("delete d/ud@30 synced watch(41)"));
    }

    // The distribution, not the mere presence, of the jitter (kube-rs' jitter flag was ignored for years).
    void backoffDistribution()
    {
        double least = 1e9;
        double most = 0;
        std::vector<double> jitter; // [0, 1)
        for (int round = 0; round < 400; ++round) {
            Backoff backoff;
            double base = 800;
            for (int i = 0; i < 8; ++i) {
                const double ms = double(backoff.next().count());
                QVERIFY(ms >= base && ms < 2 * base + 1);
                least = std::min(least, ms / base);
                most = std::max(most, ms / base);
                if (base >= 3200) // a millisecond more or less is nothing there
                    jitter.push_back(ms / base - 1);
                base = std::min(base * 2, 30000.0);
            }
            backoff.healthyFor(std::chrono::seconds{119});
            QVERIFY(backoff.next().count() >= 30000);
            backoff.healthyFor(std::chrono::seconds{120});
            QVERIFY(backoff.next().count() < 1600);
        }
        QVERIFY(least < 1.05);
        QVERIFY(most > 1.95);
        // Kolmogorov and Smirnov: the largest distance from the uniform distribution. 1.95 / √n is passed by
        // chance once in a thousand runs; twice that, never.
        std::sort(jitter.begin(), jitter.end());
        double distance = 0;
        const auto n = static_cast<double>(jitter.size());
        for (std::size_t i = 0; i < jitter.size(); ++i)
            distance = std::max({distance, std::abs(static_cast<double>(i + 1) / n - jitter[i]),
                                 std::abs(static_cast<double>(i) / n - jitter[i])});
        QVERIFY2(distance < 3.9 / std::sqrt(n), qPrintable(QString::number(distance)));
    }
};

QTEST_GUILESS_MAIN(TestMachine)
#include "test_machine.moc"
