// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/actions/answers.h"

#include "core/provision/api.h"
#include "core/provision/tenantaccess.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <mutex>

namespace strata::actions {

using namespace provision;

const std::vector<Object>* Answers::find(const Question& question) const
{
    for (const auto& [asked, objects] : m_all) {
        if (asked == question)
            return &objects;
    }
    return nullptr;
}

void Answers::put(Question question, std::vector<Object> objects)
{
    m_all.emplace_back(std::move(question), std::move(objects));
}

class Reading::Private : public std::enable_shared_from_this<Reading::Private> {
public:
    Private(std::shared_ptr<kube::Client> client, std::string theNs, std::string theCluster)
        : network(client->network()), outer(std::move(client)), ns(std::move(theNs)),
          cluster(std::move(theCluster)), calls(network),
          outerCatalog(std::make_shared<Catalog>(outer, network))
    {}

    void next(std::size_t at)
    {
        if (at == questions.size()) {
            finish(std::move(answers));
            return;
        }
        if (questions[at].target == Target::Outer) {
            ask(at, outer, outerCatalog);
            return;
        }
        if (inner) {
            ask(at, inner, innerCatalog);
            return;
        }
        std::weak_ptr<Private> weak = weak_from_this();
        fetch = std::make_unique<KubeconfigFetch>(outer, ns, cluster, [weak, at](Result<Secret> secret) {
            const auto self = weak.lock();
            if (!self)
                return;
            // The fetch may not go inside of its own callback.
            self->network.post([weak, at, secret = std::move(secret)] {
                if (const auto again = weak.lock())
                    again->reached(at, secret);
            });
        });
    }

    void reached(std::size_t at, const Result<Secret>& secret)
    {
        auto config = secret ? tenantConfig(*secret, ns, cluster) : tl::unexpected(secret.error());
        if (!config) {
            finish(tl::unexpected(config.error()));
            return;
        }
        inner = kube::Client::create(network, std::move(*config));
        innerCatalog = std::make_shared<Catalog>(inner, network);
        ask(at, inner, innerCatalog);
    }

    void ask(std::size_t at, const std::shared_ptr<kube::Client>& client,
             const std::shared_ptr<Catalog>& catalog)
    {
        const Question& question = questions[at];
        catalog->find(question.ref.apiVersion, question.ref.kind,
                      [this, at, client](Result<kube::ResourceId> resource) {
                          if (!resource) {
                              take(at, tl::unexpected(resource.error()));
                              return;
                          }
                          const Ref& ref = questions[at].ref;
                          kube::Request request = ref.name.empty()
                                                      ? listRequest(*resource, ref.ns, questions[at].selector)
                                                      : getRequest(*resource, ref.ns, ref.name);
                          calls.send(client, std::move(request), [this, at](Result<kube::Response> answer) {
                              take(at, std::move(answer));
                          });
                      });
    }

    void take(std::size_t at, Result<kube::Response> answer)
    {
        std::vector<Object> objects;
        if (!answer) {
            if (answer.error().kind != ErrorKind::NotFound && answer.error().kind != ErrorKind::Forbidden) {
                finish(tl::unexpected(answer.error()));
                return;
            }
        } else if (questions[at].ref.name.empty()) {
            const Json list = Json::parse(answer->body, nullptr, false);
            if (list.is_object() && list.contains("items") && list["items"].is_array()) {
                for (const Json& item : list["items"])
                    objects.emplace_back(item);
            }
        } else {
            auto object = objectFromJson(answer->body);
            if (!object) {
                finish(tl::unexpected(object.error()));
                return;
            }
            objects.push_back(std::move(*object));
        }
        answers.put(questions[at], std::move(objects));
        next(at + 1);
    }

    void finish(Result<Answers> result)
    {
        const std::lock_guard<std::recursive_mutex> lock(mutex);
        if (auto told = std::exchange(done, nullptr); told && !silent)
            told(std::move(result));
    }

    kube::Network& network;
    std::shared_ptr<kube::Client> outer;
    std::shared_ptr<kube::Client> inner;
    std::string ns;
    std::string cluster;
    std::vector<Question> questions;
    Answers answers;
    std::function<void(Result<Answers>)> done;
    std::recursive_mutex mutex;
    bool silent = false;
    Calls calls;
    std::shared_ptr<Catalog> outerCatalog;
    std::shared_ptr<Catalog> innerCatalog;
    std::unique_ptr<KubeconfigFetch> fetch;
};

Reading::Reading(std::shared_ptr<Private> d) : m_d(std::move(d)) {}

Reading::~Reading()
{
    {
        const std::lock_guard<std::recursive_mutex> lock(m_d->mutex);
        m_d->silent = true;
    }
    kube::Network& network = m_d->network;
    network.post([d = std::move(m_d)] {}); // it lives and ends on the network's thread
}

std::unique_ptr<Reading> Reading::start(std::shared_ptr<kube::Client> client, const std::string& ns,
                                        const std::string& cluster, std::vector<Question> questions,
                                        Answers known, std::function<void(Result<Answers>)> done)
{
    auto d = std::make_shared<Private>(std::move(client), ns, cluster);
    d->questions = std::move(questions);
    d->answers = std::move(known);
    d->done = std::move(done);
    std::unique_ptr<Reading> reading(new Reading(d));
    d->network.post([d] { d->next(0); });
    return reading;
}

} // namespace strata::actions
