// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/widgets/themedlabel.h"

#include <QWidget>

#include <array>

namespace strata::ui {

// How far it has come with a host that is being enrolled: one line, a mark and a word each.
class HostStages : public QWidget {
    Q_OBJECT

public:
    enum class Stage { Address, Trusted, Reached, Hardware, Fit };
    enum class State { Open, Doing, Good, Doubtful, Bad };

    explicit HostStages(QWidget* parent = nullptr);

    void set(Stage stage, State state);
    State state(Stage stage) const { return m_states[std::size_t(stage)]; }
    void setShown(Stage stage, bool shown); // what does not apply is left out
    void clearFrom(Stage stage);            // it and what comes behind it is open again

private:
    static constexpr std::size_t kCount = 5;
    std::array<ThemedLabel*, kCount> m_labels{};
    std::array<QString, kCount> m_words;
    std::array<State, kCount> m_states{};
};

} // namespace strata::ui
