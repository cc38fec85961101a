// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/opener.h"

#include "ui/connect/errorwords.h"
#include "ui/shell/command.h"
#include "ui/shell/mainwindow.h"
#include "ui/stack/stackstore.h"

#include <QCoreApplication>
#include <QPointer>
#include <QThreadPool>

#include <algorithm>
#include <memory>

namespace strata::ui {

Opener::Opener(const ShellServices& services, QObject* parent) : QObject(parent), m_services(services) {}

void Opener::remember(Connection connection)
{
    connection.open = true;
    connection.lastUsed = m_services.clock();
    m_services.workspace->remember(connection);
}

void Opener::open(const Connection& connection)
{
    switch (connection.kind) {
    case Connection::Kind::Demo:
        openDemo();
        return;
    case Connection::Kind::Host:
        connectHost(connection.uri, connection.name);
        return;
    case Connection::Kind::Cluster:
        break;
    }
    if (!m_services.connect.readKubeconfig)
        return;
    // The file may be on a disk that hangs: it is read elsewhere.
    const QPointer<Opener> self = this;
    const auto read = m_services.connect.readKubeconfig;
    QThreadPool::globalInstance()->start([self, read, connection] {
        auto answer =
            std::make_shared<Result<std::vector<ContextRow>>>(read(connection.kubeconfig.toStdString()));
        QMetaObject::invokeMethod(
            qApp,
            [self, connection, answer] {
                if (self == nullptr)
                    return;
                const QString title = tr("%1 could not be opened").arg(connection.name);
                if (!*answer) {
                    Q_EMIT self->failed(title, errorText(answer->error()));
                    return;
                }
                const std::string wanted = connection.context.toStdString();
                const auto found = std::find_if((*answer)->begin(), (*answer)->end(),
                                                [&](const ContextRow& row) { return row.name == wanted; });
                if (found == (*answer)->end())
                    Q_EMIT self->failed(
                        title,
                        tr("%1 has no context %2 any more.").arg(connection.kubeconfig, connection.context));
                else if (!found->config)
                    Q_EMIT self->failed(title, errorText(found->config.error()));
                else
                    self->connectCluster(*found->config, connection.name, connection.kubeconfig);
            },
            Qt::QueuedConnection);
    });
}

void Opener::openRemembered()
{
    if (!m_services.workspace->settings().reopen)
        return;
    const QList<Connection> all = m_services.workspace->connections();
    // The list is last used first; opening puts each in front, so that the order stays when it goes
    // backwards.
    for (auto it = all.crbegin(); it != all.crend(); ++it) {
        if (it->open)
            open(*it);
    }
}

void Opener::openDemo()
{
    if (m_startingDemo || !m_services.openDemo)
        return;
    m_startingDemo = true;
    Q_EMIT demoStarting(true);
    m_services.openDemo(this, [this](Result<void> done) {
        m_startingDemo = false;
        Q_EMIT demoStarting(false);
        if (!done) {
            Q_EMIT demoFailed(errorText(done.error()));
            return;
        }
        Connection demo;
        demo.kind = Connection::Kind::Demo;
        demo.name = tr("Demo site");
        remember(demo);
    });
}

void Opener::connectCluster(const kube::ClusterConfig& config, const QString& name, const QString& kubeconfig)
{
    if (!m_services.connectCluster)
        return;
    Connection connection;
    connection.kind = Connection::Kind::Cluster;
    connection.name = name;
    connection.kubeconfig = kubeconfig;
    connection.context = QString::fromStdString(config.context);
    for (auto it = m_open.cbegin(); it != m_open.cend(); ++it) {
        if (it->sameAs(connection)) {
            Q_EMIT failed(tr("%1 is connected already").arg(it->name), {});
            return;
        }
    }
    const stack::SourceId source = m_services.connectCluster(config, name);
    if (source != 0)
        m_open.insert(source, connection);
    remember(connection);
}

void Opener::connectHost(const QString& uri, const QString& name)
{
    if (!m_services.connectHost)
        return;
    Connection connection;
    connection.kind = Connection::Kind::Host;
    connection.name = name;
    connection.uri = uri;
    for (auto it = m_open.cbegin(); it != m_open.cend(); ++it) {
        if (it->sameAs(connection)) {
            Q_EMIT failed(tr("%1 is enrolled already").arg(it->name), {});
            return;
        }
    }
    const Result<stack::SourceId> source = m_services.connectHost(uri, name);
    if (!source) {
        Q_EMIT failed(tr("%1 could not be enrolled").arg(name), errorText(source.error()));
        return;
    }
    m_open.insert(*source, connection);
    remember(connection);
}

void Opener::remove(stack::SourceId source)
{
    const auto found = m_open.constFind(source);
    if (found != m_open.constEnd()) {
        m_services.workspace->setOpen(*found, false);
        m_open.remove(source);
    } else {
        // What came with the demo site; when its last source goes it is not to come back by itself.
        Connection demo;
        demo.kind = Connection::Kind::Demo;
        m_services.workspace->setOpen(demo, false);
    }
    if (m_services.removeSource)
        m_services.removeSource(source);
}

void Opener::retry(stack::SourceId source)
{
    if (m_services.retry)
        m_services.retry(source);
}

QString Opener::kubectlAccess(stack::SourceId source) const
{
    const stack::SourceState* state = m_services.store->stack().source(source);
    if (state != nullptr && state->kind == stack::SourceKind::InnerCluster)
        source = state->outer;
    QString kubeconfig;
    QString context;
    const auto found = m_open.constFind(source);
    if (found != m_open.constEnd()) {
        kubeconfig = found->kubeconfig;
        context = found->context;
    }
    if (kubeconfig.isEmpty() && context.isEmpty() && m_services.kubeconfigOf) { // the demo site, a recording
        const auto place = m_services.kubeconfigOf(source);
        kubeconfig = place.first;
        context = place.second;
    }
    QStringList parts;
    if (!kubeconfig.isEmpty())
        parts << QStringLiteral("--kubeconfig ") + shellQuoted(kubeconfig);
    if (!context.isEmpty())
        parts << QStringLiteral("--context ") + shellQuoted(context);
    return parts.join(QLatin1Char(' '));
}

} // namespace strata::ui
