// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/inquiry/look.h"
#include "core/stack/item.h"
#include "ui/details/why.h"

#include <QList>
#include <QWidget>

#include <functional>
#include <memory>

class QAction;

namespace strata::ui {

class AskedCard;
class Documents;
class Selection;
class StackStore;
class Thumbnails;

// The centre: breadcrumb, name, state in words, and the tabs Overview, Why, Conditions, Events, YAML of
// the current item; only those that make sense for its layer.
class DetailsPanel : public QWidget {
    Q_OBJECT

public:
    DetailsPanel(StackStore* store, Selection* selection, Documents* documents, QWidget* parent = nullptr);
    ~DetailsPanel() override;

    QString currentTab() const; // "overview", "why", "conditions", "events", "yaml"
    // Kept in mind while the current item has no such tab; false when no item has one of that name.
    bool setCurrentTab(const QString& name);
    QStringList tabs() const; // those that make sense for the current item

    // The row at the right of the name. What an action does now, and whether it can, is the shell's to say.
    void setActions(const QList<QAction*>& actions);
    void setEditor(std::function<void(const stack::ObjectRef&)> edit); // gives the YAML an Edit button
    void setClients(inquiry::Look::Clients clients);                   // lets the Why tab ask further
    AskedCard* asked() const;
    void setClock(Clock clock);
    void setCommandAccess(CommandAccess access); // for the commands of a remedy
    void setEventsEvery(int seconds);
    // A tab of somebody else's, behind Overview, for the items that `fits` says; it follows the selection
    // itself.
    void addPage(const QString& key, const QString& title, QWidget* page,
                 std::function<bool(const stack::Item&)> fits);
    void setThumbnails(Thumbnails* thumbnails); // of VMs' screens; before anything is shown
    void focusTabs();

protected:
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    class Private;
    std::unique_ptr<Private> m_d;
};

} // namespace strata::ui
