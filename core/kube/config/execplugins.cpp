// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/kube/config/execplugins.h"

#include "core/base/text.h"
#include "core/base/translate.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace strata::kube {
namespace {

constexpr UnixMs kExpiryMarginMs = 30'000;

std::string tr(const char* text, std::initializer_list<std::string> values = {})
{
    return arguments(translate("ExecPlugin", text), values);
}

void append(std::string& key, const std::string& part)
{
    key += std::to_string(part.size()) + ":" + part + ";"; // no two lists of parts look the same
}

// Runs of the same key give the same credential.
std::string keyOf(const ClusterConfig& config)
{
    const ExecConfig& exec = *config.exec;
    std::string key;
    for (const std::string& part : {exec.apiVersion, exec.command, exec.baseDirectory})
        append(key, part);
    for (const std::string& arg : exec.args)
        append(key, arg);
    key += '|';
    for (const auto& [name, value] : exec.env) {
        append(key, name);
        append(key, value);
    }
    if (exec.provideClusterInfo) {
        for (const std::string& part : {config.server, config.caPem, config.tlsServerName})
            append(key, part);
        key += config.insecureSkipTlsVerify ? '1' : '0';
    }
    return key;
}

std::string callOf(const ExecProgram& program, const ExecConfig& config)
{
    std::string call;
    append(call, program.path);
    append(call, program.sha256);
    for (const std::string& arg : config.args)
        append(call, arg);
    return call;
}

} // namespace

bool isInterpreter(const std::string& path)
{
    std::string name = path.substr(path.rfind('/') + 1);
    // "python3.11", "perl5.36"
    name.erase(name.find_last_not_of("0123456789.-") + 1);
    static const std::set<std::string> names{
        "sh",      "bash", "dash",   "zsh",    "ksh",   "mksh",   "fish",     "csh",    "tcsh",
        "busybox", "env",  "xargs",  "python", "perl",  "ruby",   "node",     "nodejs", "php",
        "lua",     "awk",  "gawk",   "mawk",   "tclsh", "expect", "nohup",    "nice",   "timeout",
        "sudo",    "doas", "setsid", "stdbuf", "pwsh",  "ssh",    "osascript"};
    return names.count(name) != 0;
}

class ExecPlugins::Private : public std::enable_shared_from_this<Private> {
public:
    Private(std::shared_ptr<ExecAllowList> list, Ask how, std::string words, Clock now)
        : allowed(std::move(list)), ask(std::move(how)), hint(std::move(words)), clock(std::move(now))
    {}

    struct Slot {
        ClusterConfig config;
        std::optional<ExecCredential> last;
        std::vector<Done> waiting;        // may ask
        std::vector<Done> waitingQuietly; // may not
        bool running = false;
        bool asking = false;
    };

    const std::shared_ptr<ExecAllowList> allowed;
    const Ask ask;
    const std::string hint;
    const Clock clock;

    std::mutex mutex;
    std::map<std::string, Slot> slots;
    std::set<std::string> refusedCalls;
    std::set<std::string> allowedCalls; // for this run of the program
    struct Question {
        std::string key;
        ExecQuestion question;
    };
    std::deque<Question> questions; // the first one is being asked
    std::list<std::thread> workers;
    std::vector<std::thread::id> ended; // workers that only want to be joined
    std::atomic<bool> ending{false};

    // All of these with the mutex held.

    void startWorker(const std::string& key)
    {
        if (ending)
            return;
        for (const std::thread::id id : ended) {
            const auto found = std::find_if(workers.begin(), workers.end(),
                                            [id](const auto& t) { return t.get_id() == id; });
            if (found != workers.end()) {
                found->join();
                workers.erase(found);
            }
        }
        ended.clear();
        slots[key].running = true;
        workers.emplace_back([self = shared_from_this(), key] {
            self->work(key);
            const std::lock_guard lock(self->mutex);
            self->ended.push_back(std::this_thread::get_id());
        });
    }

    // ---- on a worker ----

    void work(const std::string& key)
    {
        ClusterConfig config;
        {
            const std::lock_guard lock(mutex);
            config = slots[key].config;
        }
        const ExecConfig& exec = *config.exec;
        const Result<ExecProgram> program = findExecProgram(exec);
        if (!program) {
            finish(key, tl::unexpected<Error>(program.error()), true);
            return;
        }
        const bool interpreter = isInterpreter(program->path);
        const std::string call = callOf(*program, exec);
        bool good = !interpreter && allowed && allowed->allows(*program);
        {
            const std::lock_guard lock(mutex);
            good = good || allowedCalls.count(call) != 0;
            Slot& slot = slots[key];
            if (!good && (refusedCalls.count(call) != 0 || !ask || slot.waiting.empty())) {
                // Answered below, outside the lock.
            } else if (!good && !slot.asking) {
                ExecQuestion question;
                question.program = *program;
                question.args = exec.args;
                for (const auto& [name, value] : exec.env)
                    question.environment.push_back(name + "=" + value);
                question.context = config.context;
                question.origin = config.origin;
                question.interpreter = interpreter;
                slot.asking = true;
                questions.push_back({key, std::move(question)});
                if (questions.size() == 1)
                    askNext();
            }
        }
        if (!good) {
            bool asking = false;
            {
                const std::lock_guard lock(mutex);
                asking = slots[key].asking;
            }
            Error error{ErrorKind::Refused,
                        tr("The kubeconfig wants to run “%1”; allow it first.", {cleanText(program->path)}),
                        hint.empty() ? program->sha256 : hint, 0, 0};
            finish(key, tl::unexpected<Error>(std::move(error)), !asking);
            return;
        }
        ExecAllowList once{std::string()};
        (void)once.allow(*program);
        ExecCluster cluster{config.server, config.caPem, config.tlsServerName, config.insecureSkipTlsVerify};
        finish(key, runExecPlugin(exec, cluster, once, std::chrono::seconds(30), &ending), true);
    }

    // Answers who waits: those that must not wait for the operator always, the others with `all`.
    void finish(const std::string& key, const Result<ExecCredential>& result, bool all)
    {
        std::vector<Done> waiting;
        {
            const std::lock_guard lock(mutex);
            if (ending)
                return;
            Slot& slot = slots[key];
            slot.running = false;
            if (result)
                slot.last = *result;
            waiting.swap(slot.waitingQuietly);
            if (all) {
                waiting.insert(waiting.end(), std::make_move_iterator(slot.waiting.begin()),
                               std::make_move_iterator(slot.waiting.end()));
                slot.waiting.clear();
            }
        }
        for (const Done& done : waiting)
            done(result);
    }

    void askNext() // with the mutex held
    {
        const ExecQuestion question = questions.front().question;
        workers.emplace_back([self = shared_from_this(), question] {
            const auto answered = std::make_shared<std::atomic<bool>>(false);
            self->ask(question, [weak = std::weak_ptr(self), answered](Answer answer) {
                if (const auto d = weak.lock(); d && !answered->exchange(true))
                    d->answer(answer);
            });
            const std::lock_guard lock(self->mutex);
            self->ended.push_back(std::this_thread::get_id());
        });
    }

    void answer(Answer answer)
    {
        ExecQuestion question;
        {
            const std::lock_guard lock(mutex);
            question = questions.front().question;
        }
        if (answer == Answer::Always && !question.interpreter && allowed)
            (void)allowed->allow(question.program); // a list that cannot be written still counts for this run
        const std::lock_guard lock(mutex);
        if (ending)
            return;
        const std::string key = questions.front().key;
        questions.pop_front();
        Slot& slot = slots[key];
        const std::string call = callOf(question.program, *slot.config.exec);
        (answer == Answer::No ? refusedCalls : allowedCalls).insert(call);
        slot.asking = false;
        if (!slot.running)
            startWorker(key);
        // Others may have been waiting for the same yes.
        const bool always = answer == Answer::Always && !question.interpreter;
        while (!questions.empty()) {
            const Question& next = questions.front();
            Slot& other = slots[next.key];
            const std::string nextCall = callOf(next.question.program, *other.config.exec);
            const bool known = allowedCalls.count(nextCall) != 0 || refusedCalls.count(nextCall) != 0 ||
                               (always && next.question.program == question.program);
            if (!known)
                break;
            other.asking = false;
            if (!other.running)
                startWorker(next.key);
            questions.pop_front();
        }
        if (!questions.empty())
            askNext();
    }
};

ExecPlugins::ExecPlugins(std::shared_ptr<ExecAllowList> allowed, Ask ask, std::string hint, Clock clock)
    : m_d(std::make_shared<Private>(std::move(allowed), std::move(ask), std::move(hint), std::move(clock)))
{}

ExecPlugins::~ExecPlugins()
{
    std::list<std::thread> workers;
    {
        const std::lock_guard lock(m_d->mutex);
        m_d->ending = true;
        workers.swap(m_d->workers);
        m_d->slots.clear();
    }
    for (std::thread& worker : workers)
        worker.join();
}

void ExecPlugins::get(const ClusterConfig& config, bool mayAsk, Done done)
{
    std::optional<ExecCredential> known;
    {
        const std::lock_guard lock(m_d->mutex);
        const std::string key = keyOf(config);
        Private::Slot& slot = m_d->slots[key];
        if (slot.last && (slot.last->expires == 0 || m_d->clock() < slot.last->expires - kExpiryMarginMs)) {
            known = slot.last;
        } else {
            slot.config = config;
            (mayAsk ? slot.waiting : slot.waitingQuietly).push_back(std::move(done));
            if (!slot.running && (!slot.asking || !mayAsk))
                m_d->startWorker(key);
        }
    }
    if (known)
        done(*known);
}

void ExecPlugins::refused(const ClusterConfig& config, const ExecCredential& credential)
{
    const std::lock_guard lock(m_d->mutex);
    const auto found = m_d->slots.find(keyOf(config));
    if (found != m_d->slots.end() && found->second.last && found->second.last->token == credential.token &&
        found->second.last->certificatePem == credential.certificatePem)
        found->second.last.reset(); // another one may have come meanwhile
}

void ExecPlugins::askAgain()
{
    const std::lock_guard lock(m_d->mutex);
    m_d->refusedCalls.clear();
}

} // namespace strata::kube
