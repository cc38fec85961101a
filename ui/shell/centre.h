// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/stack/facts.h"

#include <QJsonObject>
#include <QStackedWidget>
#include <QTimer>

#include <vector>

class QPushButton;
class QSplitter;
class QVBoxLayout;

namespace strata::ui {

class StackStore;
class StatePill;
class ThemedLabel;

// Shown while connections are made and nothing is there yet: each with how far it is.
class ConnectingPage : public QWidget {
    Q_OBJECT

public:
    ConnectingPage(StackStore* store, Clock clock, QWidget* parent = nullptr);
    void refresh();

Q_SIGNALS:
    void retryWanted(strata::stack::SourceId source);

private:
    struct Row {
        QWidget* box = nullptr;
        ThemedLabel* name = nullptr;
        StatePill* pill = nullptr;
        ThemedLabel* words = nullptr;
        QPushButton* retry = nullptr;
        stack::SourceId source = 0;
    };
    StackStore* m_store;
    Clock m_clock;
    QVBoxLayout* m_list = nullptr;
    ThemedLabel* m_title = nullptr;
    std::vector<Row> m_rows;
    QTimer m_second;
};

// Never blank: the welcome page without connections, the connecting page until there is an item, then the
// strata chart over the details.
class Centre : public QStackedWidget {
    Q_OBJECT

public:
    Centre(StackStore* store, Clock clock, QWidget* welcome, QWidget* chart, QWidget* details,
           QWidget* parent = nullptr);

    QJsonObject saveState() const;
    void restoreState(const QJsonObject& state);
    bool isWelcome() const { return currentIndex() == 0; }
    bool showsStack() const { return currentIndex() == 2; }

Q_SIGNALS:
    void retryWanted(strata::stack::SourceId source);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void choose();

    StackStore* m_store;
    ConnectingPage* m_connecting = nullptr;
    QSplitter* m_splitter = nullptr;
    bool m_placed = false; // the operator's or the default sizes are in force
};

} // namespace strata::ui
