// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/details/page.h"

#include <QCoreApplication>

namespace strata::ui {

// Everything a page builder reads.
struct PageContext {
    const stack::Stack& stack;
    const stack::Item& item;
    stack::ItemFacts facts;
    UnixMs now = 0;
};

// One a kind, each in its own file: the cards that only this kind has. buildPage() adds what all of them
// share: the reason, the usage charts, what it carries and why it is where it is.
void hostPage(const PageContext& context, Page& page);
void outerNodePage(const PageContext& context, Page& page);
void vmPage(const PageContext& context, Page& page);
void innerNodePage(const PageContext& context, Page& page);
void workloadPage(const PageContext& context, Page& page);
void tenantClusterPage(const PageContext& context, Page& page);
void controlPlanePage(const PageContext& context, Page& page);
void workerPoolPage(const PageContext& context, Page& page);
void machinePage(const PageContext& context, Page& page);
void domainPage(const PageContext& context, Page& page);
void placeholderPage(const PageContext& context, Page& page);

// The translation context of all of them.
class Details {
    Q_DECLARE_TR_FUNCTIONS(Details)
};

// What builders share.
QString text(const std::string& value);
QString ageOf(UnixMs since, UnixMs now); // "4m"; empty when not known
QString podsText(int pods, bool more);
QString podsText(const stack::Item& item); // "12", "12 or more" when some are counted elsewhere
QString cpuText(std::int64_t milli);       // "8"; empty when not told
QString memoryText(std::int64_t bytes);
QString countText(std::int64_t count);
// A value in words, and shorter ways to say it, the longest first: half an amount is none.
struct Worded {
    QString value;
    QStringList shorter;
};
// "12.5 of 64 (20 %)"; only the first part when the whole is not known.
Worded share(std::int64_t part, std::int64_t whole, QString (*format)(std::int64_t));

Card facts(const char* id, const QString& title);
// Adds a row unless the value is empty: what a source does not tell is left out, not shown as a dash.
void row(Card& card, const QString& label, const QString& value, TextRole role = TextRole::Text,
         const QString& hint = {});
void row(Card& card, const QString& label, const Worded& value);
void yesNo(Card& card, const QString& label, bool value, TextRole whenFalse = TextRole::Warning);
void add(Page& page, Card card); // unless it is empty

// A condition as a row: "False · 4m", coloured by what it means; nothing when there is none of that type.
void conditionRow(Card& card, const QString& label, const std::vector<stack::Condition>& conditions,
                  const char* type, UnixMs now);
LinkRow linkTo(const stack::Item& item);
// Cards that more than one kind shows.
Card machineCard(const PageContext& context); // "Cluster API"
Card vmCard(const PageContext& context);      // "Virtual machine"
Card nodeCard(const PageContext& context, const stack::KubeNodeFact& node);
// How a source's connection is, in one line, with the role to show it in.
QString linkText(const stack::SourceState& source, UnixMs now, TextRole& role);

} // namespace strata::ui
