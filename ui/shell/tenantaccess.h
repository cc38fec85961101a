// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/secret.h"
#include "core/stack/stack.h"

#include <QObject>
#include <QStringList>
#include <QTemporaryDir>

#include <functional>
#include <memory>
#include <optional>

class QWidget;

namespace strata::ui {

class StackStore;

// Asks for an inner cluster's kubeconfig, with `served` through a port of this computer; answers once on the
// GUI thread, and not at all when `context` has gone.
using AskAccess = std::function<void(stack::SourceId inner, bool served, QObject* context,
                                     std::function<void(Result<Secret>)> done)>;

// The connection to a tenant cluster's own API, none while it has none. Pure.
std::optional<stack::SourceId> innerSourceOf(const stack::Stack& stack, stack::ItemId id);

// The line that starts `command` in a terminal of this computer: program and arguments; empty when there is
// none. `exists` says whether a program can be found, `preferred` is $TERMINAL. Pure.
QStringList terminalLine(const QString& preferred, const QStringList& command,
                         const std::function<bool(const QString& program)>& exists);

// A tenant's kubeconfig for other programs: saved where the operator wants it, or in a private folder that
// goes with the program, for a terminal or for kubectl through a local port.
class TenantAccess : public QObject {
    Q_OBJECT

public:
    TenantAccess(const StackStore* store, AskAccess ask, QWidget* window);

    void save(stack::ItemId id);
    void openTerminal(stack::ItemId id);
    void serve(stack::ItemId id); // puts the line that sets KUBECONFIG on the clipboard

Q_SIGNALS:
    void said(const QString& text);
    void failed(const QString& title, const QString& detail);

private:
    void ask(stack::ItemId id, bool served,
             std::function<void(const QString& name, const Secret& kubeconfig)> done);
    // Written and readable by the operator alone; gone when the program ends.
    void keep(const QString& name, const Secret& kubeconfig, std::function<void(const QString& path)> done);
    void write(const QString& path, const Secret& kubeconfig, std::function<void()> done);

    const StackStore* m_store;
    AskAccess m_ask;
    QWidget* m_window;
    std::unique_ptr<QTemporaryDir> m_folder;
};

} // namespace strata::ui
