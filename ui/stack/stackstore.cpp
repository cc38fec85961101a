// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/stack/stackstore.h"

namespace strata::ui {

namespace {
constexpr int kFrameMs = 16;
}

StackStore::StackStore(QObject* parent) : QObject(parent)
{
    m_frame.setSingleShot(true);
    connect(&m_frame, &QTimer::timeout, this, &StackStore::takeNow);
    m_second.setInterval(1000);
    connect(&m_second, &QTimer::timeout, this, [this] {
        bool findings = false;
        const stack::StackDelta delta = m_diagnosis.elapse(m_stack, m_clock(), &findings);
        say(delta, findings);
    });
    m_second.start();
}

void StackStore::setTaker(Taker taker)
{
    m_taker = std::move(taker);
}

void StackStore::wake()
{
    // One queued call however often the feeds wake us before it runs.
    if (m_awake.exchange(true))
        return;
    QMetaObject::invokeMethod(
        this,
        [this] {
            const qint64 since = m_sinceLast.isValid() ? m_sinceLast.elapsed() : kFrameMs;
            m_frame.start(since >= kFrameMs ? 0 : int(kFrameMs - since));
        },
        Qt::QueuedConnection);
}

void StackStore::takeNow()
{
    m_awake = false; // before taking: a wake during the take must lead to another one
    m_sinceLast.start();
    if (m_taker)
        apply(m_taker());
}

void StackStore::apply(const stack::Batch& batch)
{
    if (batch.empty())
        return;
    bool findings = false;
    const stack::StackDelta delta = m_diagnosis.apply(m_stack, batch, m_clock(), &findings);
    say(delta, findings);
}

void StackStore::tell(stack::ItemId id, std::vector<diagnosis::Finding> found)
{
    bool findings = false;
    const stack::StackDelta delta = m_diagnosis.tell(m_stack, id, std::move(found), m_clock(), &findings);
    say(delta, findings);
}

void StackStore::say(const stack::StackDelta& delta, bool findings)
{
    if (!delta.empty())
        Q_EMIT changed(delta);
    if (findings)
        Q_EMIT findingsChanged();
}

} // namespace strata::ui
