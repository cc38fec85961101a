// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/item.h"

#include <QAbstractListModel>
#include <QFrame>
#include <QList>

class QAction;
class QLineEdit;
class QListView;

namespace strata::ui {

class PaletteIndex;
class StackStore;
class ThemedLabel;

struct PaletteRow {
    QAction* action = nullptr; // else an item
    stack::ItemId item;
    QString title;
    QString note;
    QString shortcut;
    QIcon icon;
    stack::Health health = stack::Health::Ok;
};

// The list below the search field of the toolbar: every action and every item by fuzzy name. The field keeps
// the keyboard; arrows, Return and Esc work on the list.
class CommandPalette : public QFrame {
    Q_OBJECT

public:
    // `field` is the toolbar's line edit; `window` is what the list is drawn over.
    CommandPalette(StackStore* store, QLineEdit* field, QWidget* window);
    ~CommandPalette() override;

    void setActions(const QList<QAction*>& actions);
    void open();
    int rows() const;

Q_SIGNALS:
    void itemChosen(strata::stack::ItemId id);
    void closed();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    class Model;
    void search();
    void place();
    void choose(int row);
    void closeList();

    StackStore* m_store;
    QLineEdit* m_field;
    QWidget* m_window;
    PaletteIndex* m_index = nullptr;
    Model* m_model = nullptr;
    QListView* m_view = nullptr;
    ThemedLabel* m_hint = nullptr;
    QList<QAction*> m_actions;
};

} // namespace strata::ui
