// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/tenantaccess.h"

#include "core/provision/tenantaccess.h"
#include "ui/connect/errorwords.h"
#include "ui/shell/command.h"
#include "ui/stack/stackstore.h"
#include "ui/widgets/text.h"
#include "ui/wizard/aside.h"

#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QFileDialog>
#include <QProcess>
#include <QStandardPaths>

#include <algorithm>

namespace strata::ui {

using namespace stack;

namespace {

// A name from outside as a part of a path.
QString fileName(const QString& name)
{
    QString out = name;
    for (QChar& c : out) {
        const bool plain = (c >= QLatin1Char('a') && c <= QLatin1Char('z')) ||
                           (c >= QLatin1Char('A') && c <= QLatin1Char('Z')) ||
                           (c >= QLatin1Char('0') && c <= QLatin1Char('9')) || c == QLatin1Char('-');
        if (!plain)
            c = QLatin1Char('-');
    }
    return out.left(100) + QStringLiteral(".kubeconfig");
}

} // namespace

std::optional<SourceId> innerSourceOf(const Stack& stack, ItemId id)
{
    const Item* item = stack.find(id);
    if (item == nullptr || item->kind != ItemKind::TenantCluster)
        return {};
    for (const ObjectRef& object : stack.objects(id)) {
        const std::string key = object.ns + "/" + object.name;
        for (const SourceId each : stack.sources()) {
            const SourceState* source = stack.source(each);
            if (source != nullptr && source->kind == SourceKind::InnerCluster && source->clusterKey == key &&
                source->outer == item->source)
                return each;
        }
    }
    return {};
}

QStringList terminalLine(const QString& preferred, const QStringList& command,
                         const std::function<bool(const QString& program)>& exists)
{
    struct Known {
        const char* program;
        const char* before; // what the command follows
    };
    constexpr Known all[] = {{"xdg-terminal-exec", ""},
                             {"x-terminal-emulator", "-e"},
                             {"gnome-terminal", "--"},
                             {"kgx", "--"},
                             {"konsole", "-e"},
                             {"xfce4-terminal", "-x"},
                             {"mate-terminal", "-x"},
                             {"tilix", "-e"},
                             {"foot", ""},
                             {"kitty", ""},
                             {"alacritty", "-e"},
                             {"wezterm", "start"},
                             {"terminator", "-x"},
                             {"xterm", "-e"}};
    const auto line = [&command](const QString& program, const QString& before) {
        QStringList out{program};
        if (!before.isEmpty())
            out << before;
        return out + command;
    };
    if (!preferred.isEmpty() && exists(preferred)) {
        const QString name = preferred.mid(preferred.lastIndexOf(QLatin1Char('/')) + 1);
        for (const Known& known : all) {
            if (name == QLatin1String(known.program))
                return line(preferred, QString::fromLatin1(known.before));
        }
        return line(preferred, QStringLiteral("-e"));
    }
    for (const Known& known : all) {
        const QString program = QString::fromLatin1(known.program);
        if (exists(program))
            return line(program, QString::fromLatin1(known.before));
    }
    return {};
}

TenantAccess::TenantAccess(const StackStore* store, AskAccess ask, QWidget* window)
    : QObject(window), m_store(store), m_ask(std::move(ask)), m_window(window)
{}

void TenantAccess::ask(ItemId id, bool served,
                       std::function<void(const QString& name, const Secret& kubeconfig)> done)
{
    const Stack& stack = m_store->stack();
    const std::optional<SourceId> source = innerSourceOf(stack, id);
    if (!source)
        return;
    const QString name = cleaned(stack.find(id)->name);
    m_ask(*source, served, this, [this, name, done = std::move(done)](const Result<Secret>& kubeconfig) {
        if (kubeconfig)
            done(name, *kubeconfig);
        else
            Q_EMIT failed(tr("No kubeconfig of %1").arg(name), errorText(kubeconfig.error()));
    });
}

void TenantAccess::write(const QString& path, const Secret& kubeconfig, std::function<void()> done)
{
    aside<Result<void>>(
        this, [path, kubeconfig] { return provision::saveSecretFile(path.toStdString(), kubeconfig); },
        [this, done = std::move(done)](const Result<void>& saved) {
            if (saved)
                done();
            else
                Q_EMIT failed(tr("The kubeconfig was not written"), errorText(saved.error()));
        });
}

void TenantAccess::keep(const QString& name, const Secret& kubeconfig,
                        std::function<void(const QString& path)> done)
{
    if (!m_folder || !m_folder->isValid()) {
        QString base = QStandardPaths::writableLocation(QStandardPaths::RuntimeLocation);
        if (base.isEmpty())
            base = QDir::tempPath();
        m_folder = std::make_unique<QTemporaryDir>(base + QStringLiteral("/strata-XXXXXX"));
        if (!m_folder->isValid()) {
            Q_EMIT failed(tr("The kubeconfig was not written"), m_folder->errorString());
            return;
        }
    }
    const QString path = m_folder->filePath(fileName(name));
    write(path, kubeconfig, [path, done = std::move(done)] { done(path); });
}

void TenantAccess::save(ItemId id)
{
    ask(id, false, [this](const QString& name, const Secret& kubeconfig) {
        auto* dialog = new QFileDialog(m_window, tr("Save the kubeconfig"), QDir::homePath());
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setAcceptMode(QFileDialog::AcceptSave);
        dialog->selectFile(fileName(name));
        connect(dialog, &QFileDialog::fileSelected, this, [this, kubeconfig](const QString& path) {
            write(path, kubeconfig,
                  [this, path] { Q_EMIT said(tr("Saved as %1, readable by you alone.").arg(path)); });
        });
        dialog->open();
    });
}

void TenantAccess::openTerminal(ItemId id)
{
    const std::optional<SourceId> source = innerSourceOf(m_store->stack(), id);
    const SourceState* state = source ? m_store->stack().source(*source) : nullptr;
    // The way that works for us works for kubectl.
    const bool served = state != nullptr && state->tunnelled;
    ask(id, served, [this](const QString& name, const Secret& kubeconfig) {
        keep(name, kubeconfig, [this, name](const QString& path) {
            const QString shell = qEnvironmentVariable("SHELL", QStringLiteral("/bin/sh"));
            // Terminals hand the command to a server of theirs, which does not have our environment.
            const QStringList line = terminalLine(
                qEnvironmentVariable("TERMINAL"),
                {QStringLiteral("env"), QStringLiteral("KUBECONFIG=") + path, shell},
                [](const QString& program) { return !QStandardPaths::findExecutable(program).isEmpty(); });
            if (line.isEmpty())
                Q_EMIT failed(tr("There is no terminal program"),
                              tr("Name one in the variable TERMINAL, or save the kubeconfig."));
            else if (!QProcess::startDetached(line.front(), line.mid(1), QDir::homePath()))
                Q_EMIT failed(tr("%1 did not start").arg(line.front()), {});
            else
                Q_EMIT said(tr("kubectl in the new terminal reaches %1, as long as Strata runs.").arg(name));
        });
    });
}

void TenantAccess::serve(ItemId id)
{
    ask(id, true, [this](const QString& name, const Secret& kubeconfig) {
        keep(name, kubeconfig, [this, name](const QString& path) {
            QApplication::clipboard()->setText(QStringLiteral("export KUBECONFIG=") + shellQuoted(path));
            Q_EMIT said(tr("%1 is served on a port of this computer as long as Strata runs. The line that "
                           "sets KUBECONFIG is on the clipboard.")
                            .arg(name));
        });
    });
}

} // namespace strata::ui
