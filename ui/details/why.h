// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/diagnosis.h"
#include "ui/details/page.h"

#include <QString>
#include <QStringList>

#include <functional>
#include <vector>

// What the Why tab shows, as a value; see page.h.
namespace strata::ui {

struct WhyProof {
    QString object; // "VirtualMachineInstance tenant-blue/blue-md-0-x8k2p"
    QString field;  // "status.conditions[Paused]"
    QString value;
    QString age;
    friend bool operator==(const WhyProof&, const WhyProof&) = default;
};

struct WhyStep {
    stack::ItemId item; // none: a connection
    stack::ItemKind kind = stack::ItemKind::Placeholder;
    stack::Health health = stack::Health::Unknown;
    QString name;
    QString what;  // "VM · tenant-blue"
    QString title; // the finding
    QString rule;
    std::vector<WhyProof> proofs;
    bool cause = false;   // the lowest: with remedy and commands
    QString remedy;       // empty: none
    QStringList commands; // whole lines
    friend bool operator==(const WhyStep&, const WhyStep&) = default;
};

struct WhyPage {
    stack::Health health = stack::Health::Unknown;
    QString headline; // "Because VM x is paused: its disk is full or failing"
    QString sub;
    stack::ItemId cause; // to jump to when it is another item
    QString causeName;
    std::vector<WhyStep> steps;  // from the item down to the lowest cause
    std::vector<LinkRow> others; // more causes
    std::vector<LinkRow> above;  // what stands on it and is not well
    int moreAbove = 0;
    std::vector<NoteRow> notes; // worth knowing
    friend bool operator==(const WhyPage&, const WhyPage&) = default;
};

// The flags that lead kubectl to a connection.
using CommandAccess = std::function<QString(stack::SourceId source)>;

WhyPage buildWhy(const stack::Stack& stack, const diagnosis::Diagnosis& diagnosis, stack::ItemId id,
                 UnixMs now, const CommandAccess& access = {});

// Lets the reason on an Overview lead to the same cause.
void pointToCause(const stack::Stack& stack, const WhyPage& why, Page& overview);

// The proofs of a finding in words, ages told at `now`.
std::vector<WhyProof> proofsOf(const diagnosis::Finding& finding, UnixMs now);

} // namespace strata::ui
