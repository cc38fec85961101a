// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/inquiry/look.h"

#include <QString>
#include <QWidget>

#include <functional>
#include <memory>
#include <vector>

class QGridLayout;
class QLabel;
class QPushButton;

namespace strata::ui {

class StackStore;
class ThemedLabel;

// What is found out about the current item by asking its servers once more: a button, and what each question
// brought. Findings go to the store, where they join those of the rules.
class AskedCard : public QWidget {
    Q_OBJECT

public:
    explicit AskedCard(StackStore* store, QWidget* parent = nullptr);
    ~AskedCard() override;

    void setClients(inquiry::Look::Clients clients); // without them there is nothing to ask
    void setClock(Clock clock);
    void setItem(stack::ItemId id); // ends what runs for another one
    void refresh();                 // what there is to ask may have changed
    bool isRunning() const { return m_look != nullptr; }
    void ask();

    struct Row {
        QString what;
        QString said; // empty: not answered yet
        stack::Health health = stack::Health::Unknown;
        friend bool operator==(const Row&, const Row&) = default;
    };
    const std::vector<Row>& rows() const { return m_rows; }

Q_SIGNALS:
    void asked(int findings); // all questions are answered

private:
    struct Line {
        QLabel* icon = nullptr;
        ThemedLabel* what = nullptr;
        ThemedLabel* said = nullptr;
    };
    void answered(std::uint64_t look, const QString& what, const inquiry::Reading& reading);
    void ended(std::uint64_t look);
    void showRows();

    StackStore* m_store;
    inquiry::Look::Clients m_clients;
    Clock m_clock = systemNow;
    stack::ItemId m_item;
    std::size_t m_possible = 0;
    std::uint64_t m_generation = 0;
    std::unique_ptr<inquiry::Look> m_look;
    std::vector<Row> m_rows;
    std::vector<diagnosis::Finding> m_found;
    ThemedLabel* m_title;
    ThemedLabel* m_text;
    QPushButton* m_button;
    QGridLayout* m_grid;
    std::vector<Line> m_lines;
};

} // namespace strata::ui
