// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/execasker.h"

#include "app/execpermission.h"

#include <QCoreApplication>
#include <QPointer>

#include <deque>

namespace strata::app {

class ExecAsker::Private {
public:
    struct Open {
        kube::ExecQuestion question;
        std::function<void(kube::ExecPlugins::Answer)> answer;
    };
    QPointer<QObject> context;
    ui::ConnectServices::AskExec ask;
    std::deque<Open> waiting;

    void next()
    {
        while (context && ask && !waiting.empty()) {
            const Open open = std::move(waiting.front());
            waiting.pop_front();
            ask(open.question, open.answer);
        }
    }
};

ExecAsker::ExecAsker() : m_d(std::make_shared<Private>())
{
    const std::weak_ptr<Private> weak = m_d;
    const auto ask = [weak](const kube::ExecQuestion& question,
                            const std::function<void(kube::ExecPlugins::Answer)>& answer) {
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [weak, question, answer] {
                if (const auto d = weak.lock()) {
                    d->waiting.push_back({question, answer});
                    d->next();
                }
            },
            Qt::QueuedConnection);
    };
    m_plugins =
        std::make_shared<kube::ExecPlugins>(std::make_shared<kube::ExecAllowList>(execAllowFile()), ask);
}

ExecAsker::~ExecAsker() = default;

std::shared_ptr<kube::ExecPlugins> ExecAsker::plugins() const
{
    return m_plugins;
}

void ExecAsker::setAsker(QObject* context, ui::ConnectServices::AskExec ask)
{
    m_d->context = context;
    m_d->ask = std::move(ask);
    m_d->next();
}

} // namespace strata::app
