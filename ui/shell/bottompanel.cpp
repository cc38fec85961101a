// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/bottompanel.h"

#include "ui/console/sessionpage.h"
#include "ui/shell/activity.h"
#include "ui/shell/problemspanel.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/timeline/timelineview.h"
#include "ui/widgets/text.h"
#include "ui/widgets/underlinetabs.h"

#include <QHBoxLayout>
#include <QListView>
#include <QMouseEvent>
#include <QPainter>
#include <QStackedWidget>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {
namespace {

constexpr int kBarMargins = 18;

// The tabs and what stands right of them, over one hairline.
class TabLine : public QWidget {
public:
    using QWidget::QWidget;

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter(this).fillRect(0, height() - 1, width(), 1, colors().border);
    }
};

// The tabs that are always there keep their words; those of sessions give way down to a few letters of both
// ends, since names of machines differ in their ends. Then the bar scrolls.
class BottomTabs : public UnderlineTabs {
public:
    explicit BottomTabs(QWidget* parent) : UnderlineTabs(parent) { setElideMode(Qt::ElideMiddle); }

protected:
    QSize minimumTabSizeHint(int index) const override
    {
        QSize size = tabSizeHint(index);
        if (tabButton(index, QTabBar::RightSide) != nullptr)
            size.setWidth(std::min(size.width(), kChrome + fontMetrics().averageCharWidth() * kLeastLetters));
        return size;
    }

private:
    static constexpr int kChrome = 74; // padding, icon and the button that closes
    static constexpr int kLeastLetters = 11;
};

QString withoutMnemonics(QString text)
{
    return text.replace(QLatin1Char('&'), QLatin1String("&&"));
}

} // namespace

BottomPanel::BottomPanel(StackStore* store, Selection* selection, Clock clock, Workspace* workspace,
                         QWidget* parent)
    : BasePane(parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_bar = new BottomTabs(this);
    m_bar->setAccessibleName(tr("Problems, activity and timeline"));
    m_bar->setStyleSheet(QStringLiteral("QTabBar::tab:first { margin-left: 12px; }"));
    m_bar->addTab(tr("Problems"));
    m_bar->addTab(tr("Activity"));
    m_bar->addTab(tr("Timeline"));
    // Tabs give way to the problems' bar and scroll then.
    m_bar->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    auto* top = new TabLine(this);
    auto* line = new QHBoxLayout(top);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(0);
    line->addWidget(m_bar, 1, Qt::AlignBottom); // its line is that of the whole
    layout->addWidget(top);
    m_pages = new QStackedWidget(this);
    m_activity = new ActivityLog(this);
    m_problems = new ProblemsPanel(store, clock, workspace, m_pages);
    m_activityView = makeActivityView(m_activity, m_pages);
    m_pages->addWidget(m_problems);
    m_timeline = new TimelineView(store, selection, clock, m_pages);
    m_pages->addWidget(m_activityView);
    m_pages->addWidget(m_timeline);
    layout->addWidget(m_pages, 1);
    m_names = {QStringLiteral("problems"), QStringLiteral("activity"), QStringLiteral("timeline")};

    // Filter and views of the problems share the line of the tabs.
    auto* right = new QWidget(top);
    auto* over = new QHBoxLayout(right);
    over->setContentsMargins(8, 1, kBarMargins - 8, 3);
    over->addWidget(m_problems->bar());
    line->addWidget(right);
    m_problems->bar()->show();
    connect(m_bar, &QTabBar::currentChanged, this, [this, right](int index) {
        m_pages->setCurrentIndex(index);
        right->setVisible(index == 0);
        if (auto* page = qobject_cast<SessionPage*>(m_pages->currentWidget()))
            page->seen();
    });
    m_bar->installEventFilter(this);
    const auto title = [this](int count) {
        m_bar->setTabText(0, count > 0 ? tr("Problems %1").arg(count) : tr("Problems"));
    };
    title(m_problems->count());
    connect(m_problems, &ProblemsPanel::countChanged, this, title);
    connect(store, &StackStore::changed, this, [this, store, clock](const stack::StackDelta& delta) {
        if (!delta.sources.empty())
            m_activity->follow(store->stack(), delta.sources, clock());
    });
    m_activity->follow(store->stack(), store->stack().sources(), clock());
}

void BottomPanel::addPage(QWidget* page, const QString& title, const QString& name)
{
    m_pages->addWidget(page);
    m_bar->addTab(title);
    m_names.push_back(name);
}

void BottomPanel::openSession(SessionPage* page)
{
    addPage(page, withoutMnemonics(page->title()), page->key());
    const int index = m_bar->count() - 1;
    auto* close = new QToolButton(m_bar);
    close->setIcon(Theme::icon(QStringLiteral("close")));
    close->setIconSize(QSize(10, 10));
    close->setAutoRaise(true);
    close->setFocusPolicy(Qt::NoFocus);
    close->setToolTip(tr("Close (Ctrl+W in the tabs, or the middle button)"));
    close->setAccessibleName(tr("Close %1").arg(page->title()));
    m_bar->setTabButton(index, QTabBar::RightSide, close);
    connect(close, &QToolButton::clicked, page, [this, page] { closeSession(page); });
    connect(page, &SessionPage::changed, this, [this, page] { decorate(page); });
    connect(page, &SessionPage::leaveWanted, this, &BottomPanel::focusTabs);
    decorate(page);
    showSession(page);
}

void BottomPanel::decorate(SessionPage* page)
{
    const int index = m_pages->indexOf(page);
    if (index < 0)
        return;
    const bool ended = page->state() == SessionPage::State::Ended;
    const stack::Health health = ended                                       ? stack::Health::Unknown
                                 : page->state() == SessionPage::State::Open ? stack::Health::Ok
                                                                             : stack::Health::Progressing;
    m_bar->setTabIcon(index, Theme::icon(page->iconName(), colors().healthFill[std::size_t(health)]));
    QString text = withoutMnemonics(page->title());
    if (page->hasNews())
        text += QStringLiteral(" •");
    m_bar->setTabText(index, text);
    QStringList words{page->kindName(), page->title()};
    if (ended)
        words << tr("ended");
    words.removeAll(QString());
    m_bar->setTabToolTip(index, plainToolTip(words.join(QStringLiteral(" · "))));
}

SessionPage* BottomPanel::session(const QString& key) const
{
    const QList<SessionPage*> all = sessions();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const SessionPage* page) { return page->key() == key; });
    return found == all.end() ? nullptr : *found;
}

QList<SessionPage*> BottomPanel::sessions() const
{
    QList<SessionPage*> all;
    for (int i = 0; i < m_pages->count(); ++i) {
        if (auto* page = qobject_cast<SessionPage*>(m_pages->widget(i)))
            all << page;
    }
    return all;
}

void BottomPanel::showSession(SessionPage* page)
{
    m_bar->setCurrentIndex(m_pages->indexOf(page));
    page->seen();
    page->enter();
}

void BottomPanel::closeSession(SessionPage* page)
{
    const int index = m_pages->indexOf(page);
    if (index < 0)
        return;
    m_pages->removeWidget(page);
    m_names.removeAt(index);
    m_bar->removeTab(index);
    m_pages->setCurrentIndex(m_bar->currentIndex());
    page->hide();
    page->deleteLater();
    focusTabs();
}

void BottomPanel::focusTabs()
{
    m_bar->setFocus(Qt::ShortcutFocusReason);
}

void BottomPanel::fit()
{
    m_problems->fitBar(width() - m_bar->sizeHint().width() - kBarMargins);
}

void BottomPanel::resizeEvent(QResizeEvent* event)
{
    BasePane::resizeEvent(event);
    fit();
}

// Tabs come, and a count or a view more takes room: the window's size is not all that decides.
bool BottomPanel::event(QEvent* event)
{
    if (event->type() == QEvent::LayoutRequest)
        fit();
    return BasePane::event(event);
}

bool BottomPanel::eventFilter(QObject* watched, QEvent* event)
{
    int index = -1;
    if (watched == m_bar && event->type() == QEvent::MouseButtonRelease) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        if (mouse->button() == Qt::MiddleButton)
            index = m_bar->tabAt(mouse->position().toPoint());
    } else if (watched == m_bar && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_W && key->modifiers() == Qt::ControlModifier) {
            index = m_bar->currentIndex();
        } else if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter ||
                   key->key() == Qt::Key_Down) {
            focusList();
            return true;
        }
    }
    auto* page = index < 0 ? nullptr : qobject_cast<SessionPage*>(m_pages->widget(index));
    if (page == nullptr)
        return BasePane::eventFilter(watched, event);
    closeSession(page);
    return true;
}

QString BottomPanel::currentTab() const
{
    return m_names.value(m_bar->currentIndex(), QStringLiteral("problems"));
}

void BottomPanel::setCurrentTab(const QString& name)
{
    m_bar->setCurrentIndex(std::max<int>(int(m_names.indexOf(name)), 0));
}

void BottomPanel::focusList()
{
    if (auto* page = qobject_cast<SessionPage*>(m_pages->currentWidget())) {
        page->enter();
        return;
    }
    if (m_bar->currentIndex() > 1) {
        m_pages->currentWidget()->setFocus(Qt::ShortcutFocusReason);
        return;
    }
    QAbstractItemView* view = m_problems->view();
    if (m_bar->currentIndex() == 1)
        view = m_activityView;
    if (view->isVisible()) {
        view->setFocus(Qt::ShortcutFocusReason);
        if (!view->currentIndex().isValid() && view->model()->rowCount() > 0)
            view->selectionModel()->setCurrentIndex(view->model()->index(0, 0),
                                                    QItemSelectionModel::NoUpdate);
    } else {
        m_bar->setFocus(Qt::ShortcutFocusReason);
    }
}

} // namespace strata::ui
