// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/details/why.h"

#include <QScrollArea>

#include <vector>

class QVBoxLayout;

namespace strata::ui {

class LinkButton;
class ThemedLabel;
class WhyBanner;
class WhyStepFrame;

// The chain from an item down to the lowest cause, as steps on a line; the cause stands at its end with its
// remedy. Steps are updated in place, so that selected text and the scroll position stay.
class WhyPageView : public QScrollArea {
    Q_OBJECT

public:
    explicit WhyPageView(QWidget* parent = nullptr);

    void show(const WhyPage& page);
    const WhyPage& page() const { return m_page; }
    void scrollToTop();
    void addBelow(QWidget* part); // under the chain and its notes

Q_SIGNALS:
    void itemWanted(strata::stack::ItemId id);

private:
    void showLinks(std::vector<LinkButton*>& buttons, const std::vector<LinkRow>& links, ThemedLabel* title,
                   QVBoxLayout* layout);

    WhyPage m_page;
    WhyBanner* m_banner = nullptr;
    QVBoxLayout* m_stepsLayout = nullptr;
    std::vector<WhyStepFrame*> m_steps;
    ThemedLabel* m_othersTitle = nullptr;
    QVBoxLayout* m_othersLayout = nullptr;
    std::vector<LinkButton*> m_others;
    ThemedLabel* m_aboveTitle = nullptr;
    QVBoxLayout* m_aboveLayout = nullptr;
    std::vector<LinkButton*> m_above;
    ThemedLabel* m_more = nullptr;
    ThemedLabel* m_notesTitle = nullptr;
    QVBoxLayout* m_notesLayout = nullptr;
    std::vector<std::pair<ThemedLabel*, ThemedLabel*>> m_notes;
    QVBoxLayout* m_below = nullptr;
};

} // namespace strata::ui
