// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inquiry/look.h"

#include "core/base/translate.h"
#include "core/feeds/requests.h"
#include "core/inquiry/ending.h"

#include <deque>
#include <map>
#include <mutex>

namespace strata::inquiry {

namespace {
constexpr unsigned kAtOnce = 4;
constexpr std::size_t kMost = 100;
} // namespace

// Lives on the network's thread; only `ended` and the callbacks are shared, under the mutex.
class Look::State : public std::enable_shared_from_this<Look::State> {
public:
    State(Callbacks callbacks, Clock clock) : m_callbacks(std::move(callbacks)), m_clock(std::move(clock)) {}

    std::map<stack::SourceId, std::shared_ptr<kube::Client>> clients;
    kube::Network* network = nullptr;

    void begin(std::vector<Question> questions)
    {
        m_requests = std::make_unique<feeds::Requests>(*network);
        for (Question& question : questions)
            add(std::move(question));
        next();
    }

    void end()
    {
        m_waiting.clear();
        m_requests.reset();
        clients.clear();
    }

    // No callback runs after it.
    void silence()
    {
        const std::lock_guard lock(m_mutex);
        m_silent = true;
    }

    void tell(const Question& question, const Reading& reading)
    {
        const std::lock_guard lock(m_mutex);
        if (!m_silent && m_callbacks.onAnswer)
            m_callbacks.onAnswer(question, reading);
    }

    void tellEnd()
    {
        const std::lock_guard lock(m_mutex);
        if (!m_silent && m_callbacks.onEnd)
            m_callbacks.onEnd();
        m_silent = true;
    }

private:
    void add(Question question)
    {
        if (m_made++ < kMost)
            m_waiting.push_back(std::move(question));
    }

    void next()
    {
        while (m_open < kAtOnce && !m_waiting.empty()) {
            Question question = std::move(m_waiting.front());
            m_waiting.pop_front();
            const auto client = clients.find(question.source);
            if (client == clients.end() || !client->second) {
                Reading none;
                none.said = arguments(translate("Inquiry", "not connected"), {});
                tell(question, none);
                continue;
            }
            ++m_open;
            kube::Request request = question.request;
            m_requests->send(*client->second, std::move(request),
                             [self = weak_from_this(), question](const Result<kube::Response>& answer) {
                                 if (const auto state = self.lock())
                                     state->onAnswer(question, answer);
                             });
        }
        if (m_open == 0 && m_waiting.empty())
            tellEnd();
    }

    void onAnswer(const Question& question, const Result<kube::Response>& answer)
    {
        --m_open;
        for (Question& more : followUps(question, answer))
            add(std::move(more));
        tell(question, read(question, answer, m_clock()));
        next();
    }

    Callbacks m_callbacks;
    Clock m_clock;
    std::mutex m_mutex;
    bool m_silent = false;
    std::unique_ptr<feeds::Requests> m_requests;
    std::deque<Question> m_waiting;
    std::size_t m_made = 0;
    unsigned m_open = 0;
};

Look::Look(const Clients& clients, std::vector<Question> questions, Callbacks callbacks, Clock clock)
    : m_state(std::make_shared<State>(std::move(callbacks), std::move(clock)))
{
    for (const Question& question : questions) {
        // What an answer leads to is asked of the outer cluster.
        for (const stack::SourceId source : {question.source, question.about.outer}) {
            if (source == 0 || m_state->clients.contains(source))
                continue;
            std::shared_ptr<kube::Client> client = clients(source);
            if (client && m_state->network == nullptr)
                m_state->network = &client->network();
            m_state->clients.emplace(source, std::move(client));
        }
    }
    if (m_state->network == nullptr) { // nothing is connected: told at once, as if it had been asked
        for (const Question& question : questions) {
            Reading none;
            none.said = arguments(translate("Inquiry", "not connected"), {});
            m_state->tell(question, none);
        }
        m_state->tellEnd();
        return;
    }
    m_state->network->post([state = m_state, questions = std::move(questions)]() mutable {
        state->begin(std::move(questions));
    });
}

Look::~Look()
{
    m_state->silence();
    endOn(m_state->network, [state = m_state] { state->end(); });
}

} // namespace strata::inquiry
