// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/diagnosis/history.h"
#include "ui/timeline/timescale.h"

#include <QTimer>
#include <QWidget>

#include <array>

namespace strata::ui {

class Selection;
class StackStore;

// The history on a time axis. Wheel zooms around the pointer, drag pans, a click or Return selects the item;
// arrows step through marks and lanes, + and − zoom, End goes back to now. While the right edge is now, it
// stays now.
class TimelineView : public QWidget {
    Q_OBJECT

public:
    static constexpr int kLanes = 6; // actions above, then the layers from the top down

    TimelineView(StackStore* store, Selection* selection, Clock clock, QWidget* parent = nullptr);
    ~TimelineView() override;

    void act(const QString& text, stack::Health health); // an action of the operator's
    const diagnosis::History& history() const { return m_history; }
    const TimeScale& scale() const { return m_scale; }
    bool followsNow() const { return m_follow; }
    QString describe(const QPoint& at) const; // what is there, a line each; empty: nothing
    QSize minimumSizeHint() const override { return {240, 120}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Group { // marks that lie on each other
        double x = 0;
        stack::Health health = stack::Health::Ok;
        std::vector<std::size_t> marks; // of the history, oldest first
    };

    static int laneOf(const diagnosis::History::Mark& mark);
    static int laneOf(stack::Layer layer) { return kLanes - 1 - static_cast<int>(layer); }
    QRectF laneRect(int lane) const;
    double nameWidth() const;
    void layOut(); // groups of what is in sight
    void follow();
    void lookAgain();
    void setFollow(bool follow);
    void step(int by);
    void choose(stack::ItemId item);
    QString lineOf(const diagnosis::History::Mark& mark) const;

    StackStore* m_store;
    Selection* m_selection;
    Clock m_clock;
    diagnosis::History m_history;
    TimeScale m_scale;
    bool m_follow = true;
    std::array<std::vector<Group>, kLanes> m_groups;
    std::array<std::vector<std::size_t>, kLanes> m_spans; // in sight, of the history
    int m_lane = kLanes - 1;                              // of the keyboard
    UnixMs m_cursor = 0;                                  // the mark the keyboard is at; 0: none
    QPoint m_pressed;
    QPoint m_last;
    bool m_dragging = false;
    QTimer m_problems;
    bool m_findingsNew = false; // since the problems were looked at
    QTimer m_frame;             // one repaint for many changes
    QTimer m_second;
};

} // namespace strata::ui
