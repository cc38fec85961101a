// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/shell/chips.h"

#include <QAbstractButton>
#include <QFrame>
#include <QTimer>

#include <functional>
#include <vector>

class QHBoxLayout;

namespace strata::ui {

class StackStore;

class ChipButton : public QAbstractButton {
    Q_OBJECT

public:
    explicit ChipButton(QWidget* parent = nullptr);
    void show(const Chip& chip);
    const Chip& chip() const { return m_chip; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    Chip m_chip;
};

// The chips of the status bar, kept fresh; a click opens what there is to say of their connections.
class StatusChips : public QWidget {
    Q_OBJECT

public:
    StatusChips(StackStore* store, Clock clock, QWidget* parent = nullptr);

    void openSource(stack::SourceId source); // as a click on its chip does
    std::vector<Chip> chips() const;

Q_SIGNALS:
    void retryWanted(strata::stack::SourceId source);
    void removeWanted(strata::stack::SourceId source);

private:
    void refresh();
    void openPopup(ChipButton* button);

    StackStore* m_store;
    Clock m_clock;
    QHBoxLayout* m_layout = nullptr;
    std::vector<ChipButton*> m_buttons;
    QTimer m_later;
    QTimer m_second;
};

// The connections behind a chip: name, address, state in words, error, kinds that may not be read; Retry and
// Disconnect. Live while it is open.
class SourcePopup : public QFrame {
    Q_OBJECT

public:
    SourcePopup(StackStore* store, Clock clock, std::vector<stack::SourceId> sources, QWidget* parent);

Q_SIGNALS:
    void retryWanted(strata::stack::SourceId source);
    void removeWanted(strata::stack::SourceId source);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void refresh();

    StackStore* m_store;
    Clock m_clock;
    std::vector<stack::SourceId> m_sources;
    std::vector<std::function<void()>> m_refreshers;
    QTimer m_second;
};

} // namespace strata::ui
