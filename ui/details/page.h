// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/stack/stack.h"
#include "ui/widgets/themedlabel.h"

#include <QPointF>
#include <QString>
#include <QStringList>

#include <vector>

// What the Overview tab shows, as a value: built anew whenever something changed or an age ticked, compared
// with what is on the screen, and only differences reach widgets. No widgets here: pages are tested as
// values.
namespace strata::ui {

struct FactRow {
    QString label;
    QString value;
    TextRole role = TextRole::Text;
    QString hint;        // tooltip
    QStringList shorter; // ways to say the value in less room, the longest first
    friend bool operator==(const FactRow&, const FactRow&) = default;
};

struct LinkRow { // an item to jump to
    stack::ItemId item;
    stack::ItemKind kind = stack::ItemKind::Placeholder;
    QString name;
    QString note;
    QString state;
    stack::Health health = stack::Health::Unknown;
    stack::Health below = stack::Health::Ok;
    friend bool operator==(const LinkRow&, const LinkRow&) = default;
};

struct NoteRow { // a sentence with a muted line below it
    QString text;
    QString sub;
    friend bool operator==(const NoteRow&, const NoteRow&) = default;
};

struct PodRow {
    QString name;
    QString ready; // "1/1"
    unsigned restarts = 0;
    QString status;
    stack::Health health = stack::Health::Unknown;
    QString node;
    QString age;
    QString reason;
    friend bool operator==(const PodRow&, const PodRow&) = default;
};

struct UsageChart {
    std::vector<QPointF> points; // seconds before now (≤ 0), value
    double capacity = -1;
    double top = 1; // of the value axis
    friend bool operator==(const UsageChart&, const UsageChart&) = default;
};

struct Card {
    enum class Kind { Facts, Links, Notes, Chart, Pods, Reason, Screen };
    Kind kind = Kind::Facts;
    QString id; // unique in the page and the same in the next one
    QString title;
    QString aside; // muted, at the right of the title
    QStringList asideShorter;
    bool wide = false;
    std::vector<FactRow> facts;
    std::vector<LinkRow> links;
    int more = 0; // links that are not listed
    std::vector<NoteRow> notes;
    std::vector<PodRow> pods;
    UsageChart chart;
    stack::Health health = stack::Health::Ok; // Reason
    stack::ItemId item;                       // Screen: whose
    friend bool operator==(const Card&, const Card&) = default;
};

struct Page {
    std::vector<Card> cards;
    friend bool operator==(const Page&, const Page&) = default;
};

Page buildPage(const stack::Stack& stack, stack::ItemId id, UnixMs now);
// Of everything, for when no item is chosen: what runs, what room there is, what it runs on.
Page buildSitePage(const stack::Stack& stack, UnixMs now);

// "VM", "Outer node", …: what an item is, translated.
QString kindName(stack::ItemKind kind);

} // namespace strata::ui
