// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/timestamp.h"
#include "core/diagnosis/diagnosis.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <atomic>
#include <functional>

namespace strata::ui {

// The applied stack and what is wrong with it, on the GUI thread. Takes batches from its source at most once
// a frame and says once what changed.
class StackStore : public QObject {
    Q_OBJECT

public:
    using Taker = std::function<stack::Batch()>;

    explicit StackStore(QObject* parent = nullptr);

    const stack::Stack& stack() const { return m_stack; }
    const diagnosis::Diagnosis& diagnosis() const { return m_diagnosis; }
    void setOwnRules(std::vector<diagnosis::OwnRule> rules) { m_diagnosis.setOwnRules(std::move(rules)); }
    void setClock(Clock clock) { m_clock = std::move(clock); }

    // Where batches come from; wake() asks for the next one and may be called from any thread.
    void setTaker(Taker taker);
    void wake();
    void apply(const stack::Batch& batch);                              // directly, for tests and replays
    void tell(stack::ItemId id, std::vector<diagnosis::Finding> found); // see Diagnosis::tell()

Q_SIGNALS:
    void changed(const strata::stack::StackDelta& delta);
    void findingsChanged(); // after changed()

private:
    void takeNow();
    void say(const stack::StackDelta& delta, bool findings);

    stack::Stack m_stack;
    diagnosis::Diagnosis m_diagnosis;
    Clock m_clock = systemNow;
    QTimer m_second; // findings that only time brings
    Taker m_taker;
    QTimer m_frame;
    QElapsedTimer m_sinceLast;
    std::atomic<bool> m_awake{false};
};

} // namespace strata::ui
