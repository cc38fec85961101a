// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/stack/item.h"
#include "ui/console/services.h"
#include "ui/details/thumbnails.h"

#include <QList>
#include <QObject>

class QAction;

namespace strata::ui {

struct Actions;
class BottomPanel;
class Screenshots;
class SessionPage;
class StackStore;

// The actions that lead into machines: what they can do for an item now, and the tabs they open.
class Consoles : public QObject, public Thumbnails {
    Q_OBJECT

public:
    Consoles(const ConsoleServices& services, StackStore* store, const Actions* actions, BottomPanel* bottom,
             Clock clock, QObject* parent);

    void follow(stack::ItemId item);                  // the current one
    QList<QAction*> rowFor(stack::ItemId item) const; // those that make sense for its kind
    bool openLogs(stack::ItemId item);                // false: not now, the action's tooltip says why
    bool openShell(stack::ItemId item);
    bool openSerial(stack::ItemId item);
    bool openScreen(stack::ItemId item);
    bool openSsh(stack::ItemId item);       // asks as whom
    bool openNodeShell(stack::ItemId item); // asks from which image
    bool attach(stack::ItemId item);
    bool openBootstrap(stack::ItemId item);
    bool addToChart(stack::ItemId item);
    bool forwardPort(stack::ItemId item); // asks which

    void take(stack::ItemId vm, QObject* context,
              std::function<void(const QImage& image, const QString& why)> done) override;
    void open(stack::ItemId vm) override { openScreen(vm); }

Q_SIGNALS:
    void opened(); // a tab was opened or shown again

private:
    void show(SessionPage* page);

    ConsoleServices m_services;
    StackStore* m_store;
    const Actions* m_actions;
    BottomPanel* m_bottom;
    Clock m_clock;
    Screenshots* m_screenshots;
    stack::ItemId m_item;
};

} // namespace strata::ui
