// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/stack/stack.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <atomic>
#include <functional>

namespace strata::ui {

// The applied stack on the GUI thread. Takes batches from its source at most once a frame and says once what
// changed.
class StackStore : public QObject {
    Q_OBJECT

public:
    using Taker = std::function<stack::Batch()>;

    explicit StackStore(QObject* parent = nullptr);

    const stack::Stack& stack() const { return m_stack; }

    // Where batches come from; wake() asks for the next one and may be called from any thread.
    void setTaker(Taker taker);
    void wake();
    void apply(const stack::Batch& batch); // directly, for tests and replays

Q_SIGNALS:
    void changed(const strata::stack::StackDelta& delta);

private:
    void takeNow();

    stack::Stack m_stack;
    Taker m_taker;
    QTimer m_frame;
    QElapsedTimer m_sinceLast;
    std::atomic<bool> m_awake{false};
};

} // namespace strata::ui
