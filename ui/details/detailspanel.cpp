// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/detailspanel.h"

#include "ui/details/actionrow.h"
#include "ui/details/asked.h"
#include "ui/details/breadcrumb.h"
#include "ui/details/conditions.h"
#include "ui/details/conditionspage.h"
#include "ui/details/documentpage.h"
#include "ui/details/documents.h"
#include "ui/details/eventspage.h"
#include "ui/details/overviewpage.h"
#include "ui/details/statepill.h"
#include "ui/details/whypage.h"
#include "ui/stack/selection.h"
#include "ui/stack/stackstore.h"
#include "ui/theme/theme.h"
#include "ui/widgets/leadingmargins.h"
#include "ui/widgets/underlinetabs.h"

#include <QAction>
#include <QHBoxLayout>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

namespace strata::ui {
namespace {

constexpr int kRefreshMs = 100; // many deltas, one look
constexpr std::array<const char*, 5> kTabs = {"overview", "why", "conditions", "events", "yaml"};

} // namespace

class DetailsPanel::Private {
public:
    DetailsPanel* q;
    StackStore* store;
    Selection* selection;
    Clock clock = systemNow;
    stack::ItemId current;
    QString wantedTab = QStringLiteral("overview");
    bool showingTabs = false; // the tab bar changes because the item did, not because the operator wants it

    Breadcrumb* breadcrumb = nullptr;
    ValueLabel* name = nullptr;
    ValueLabel* kind = nullptr;
    StatePill* pill = nullptr;
    ActionRow* actions = nullptr;
    ThemedLabel* nothing = nullptr;
    QWidget* head = nullptr;
    UnderlineTabs* bar = nullptr;
    QStackedWidget* pages = nullptr;
    OverviewPage* overview = nullptr;
    WhyPageView* why = nullptr;
    AskedCard* asked = nullptr;
    CommandAccess commandAccess;
    ConditionsPage* conditions = nullptr;
    EventsPage* events = nullptr;
    DocumentPage* document = nullptr;
    QTimer refreshTimer;
    QTimer second;
    struct Extra {
        QString key;
        QString title;
        QWidget* page;
        std::function<bool(const stack::Item&)> fits;
    };
    std::vector<Extra> extras;

    void show(stack::ItemId id);
    void refresh();
    void showSite();
    void refreshTabs(const stack::Item& item, const std::vector<stack::Condition>* found,
                     const std::vector<stack::ObjectRef>& objects);
    void choosePage();
    void fitName();
    bool touches(const stack::StackDelta& delta) const;
};

void DetailsPanel::Private::show(stack::ItemId id)
{
    const bool other = id != current;
    current = id;
    refresh();
    if (other) {
        overview->scrollToTop();
        why->scrollToTop();
    }
}

bool DetailsPanel::Private::touches(const stack::StackDelta& delta) const
{
    if (!delta.sources.empty() || !delta.removed.empty() || !delta.added.empty() || !delta.moved.empty())
        return true; // rare: the path, the children or a connection may be another
    const stack::Item* item = store->stack().find(current);
    if (item == nullptr)
        return bool(current); // of the whole site, once a second is enough
    return std::any_of(delta.changed.begin(), delta.changed.end(), [&](stack::ItemId id) {
        if (id == current)
            return true;
        const stack::Item* changed = store->stack().find(id);
        return changed != nullptr &&
               (std::find(changed->parent.begin(), changed->parent.end(), current) != changed->parent.end() ||
                std::find(item->parent.begin(), item->parent.end(), id) != item->parent.end());
    });
}

void DetailsPanel::Private::refresh()
{
    const stack::Stack& stack = store->stack();
    const stack::Item* item = stack.find(current);
    const bool site = item == nullptr && !stack.sources().empty();
    head->setVisible(item != nullptr || site);
    bar->setVisible(item != nullptr);
    pages->setVisible(item != nullptr || site);
    nothing->setVisible(item == nullptr && !site);
    breadcrumb->setVisible(item != nullptr);
    actions->setVisible(item != nullptr);
    if (site)
        showSite();
    if (item == nullptr)
        return;

    const auto text = [](const std::string& value) { return QString::fromStdString(value); };
    std::vector<Breadcrumb::Part> parts;
    for (const stack::ItemId id : stack.path(current)) {
        const stack::Item* part = stack.find(id);
        if (part != nullptr)
            parts.push_back({id, text(part->name), kindName(part->kind), id == current});
    }
    // A VM and the node in it bear the same name and are one thing to the operator: say which is which.
    const auto& carried = item->childrenIn(stack::Tree::Stack);
    if (item->kind == stack::ItemKind::Vm && carried.size() == 1) {
        if (const stack::Item* node = stack.find(carried.front()))
            parts.push_back(
                {node->id, DetailsPanel::tr("%1 (node)").arg(text(node->name)), kindName(node->kind), false});
    } else if (item->kind == stack::ItemKind::InnerNode && !parts.empty()) {
        parts.back().name = DetailsPanel::tr("%1 (node)").arg(parts.back().name);
    }
    breadcrumb->setParts(parts);
    name->setFullText(text(item->name));
    QString what = kindName(item->kind);
    if (!item->ns.empty())
        what += QStringLiteral(" · ") + text(item->ns);
    kind->setFullText(what);
    fitName();
    pill->show(item->health, item->state.empty() ? Theme::healthName(item->health) : text(item->state));

    const UnixMs now = clock();
    const WhyPage answer = buildWhy(stack, store->diagnosis(), current, now, commandAccess);
    Page page = buildPage(stack, current, now);
    pointToCause(stack, answer, page);
    overview->show(page);
    why->show(answer);
    asked->setItem(current);
    asked->refresh();
    const std::vector<stack::Condition>* found = stack.conditions(current);
    if (found != nullptr)
        conditions->show(*found, now);
    const std::vector<stack::ObjectRef> objects = stack.objects(current);
    events->setObjects(objects);
    events->tick(now);
    document->setObjects(objects);
    refreshTabs(*item, found, objects);
}

void DetailsPanel::Private::showSite()
{
    const stack::Stack& stack = store->stack();
    QStringList names;
    for (const stack::SourceId id : stack.sources()) {
        const stack::SourceState* source = stack.source(id);
        if (source != nullptr && source->kind == stack::SourceKind::OuterCluster)
            names << QString::fromStdString(source->name);
    }
    name->setFullText(names.isEmpty() ? DetailsPanel::tr("Overview") : names.join(QStringLiteral(", ")));
    kind->setFullText(names.isEmpty() ? QString() : DetailsPanel::tr("the whole site"));
    pill->show(stack::Health::Ok, {});
    fitName();
    overview->show(buildSitePage(stack, clock()));
    if (pages->currentWidget() != overview)
        pages->setCurrentWidget(overview);
}

void DetailsPanel::Private::refreshTabs(const stack::Item& item, const std::vector<stack::Condition>* found,
                                        const std::vector<stack::ObjectRef>& objects)
{
    const bool libvirt = !objects.empty() && objects.front().group == "libvirt";
    std::vector<std::pair<QString, QString>> wanted;
    wanted.emplace_back(QStringLiteral("overview"), DetailsPanel::tr("Overview"));
    for (const Extra& extra : extras)
        if (extra.fits(item))
            wanted.emplace_back(extra.key, extra.title);
    if (item.kind != stack::ItemKind::Placeholder)
        wanted.emplace_back(QStringLiteral("why"), DetailsPanel::tr("Why"));
    if (found != nullptr && !found->empty()) {
        const auto bad = std::count_if(found->begin(), found->end(), [](const stack::Condition& condition) {
            return conditionHealth(condition) >= stack::Health::Warning;
        });
        wanted.emplace_back(QStringLiteral("conditions"), bad > 0 ? DetailsPanel::tr("Conditions %1").arg(bad)
                                                                  : DetailsPanel::tr("Conditions"));
    }
    if (!objects.empty() && !libvirt) {
        const int count = events->count();
        wanted.emplace_back(QStringLiteral("events"), count > 0 ? DetailsPanel::tr("Events %1").arg(count)
                                                                : DetailsPanel::tr("Events"));
    }
    if (!objects.empty())
        wanted.emplace_back(QStringLiteral("yaml"),
                            libvirt ? DetailsPanel::tr("XML") : DetailsPanel::tr("YAML"));

    showingTabs = true;
    QStringList have;
    for (int i = 0; i < bar->count(); ++i)
        have << bar->tabData(i).toString();
    QStringList want;
    for (const auto& [key, title] : wanted)
        want << key;
    if (have != want) {
        while (bar->count() > 0)
            bar->removeTab(bar->count() - 1);
        for (const auto& [key, title] : wanted)
            bar->setTabData(bar->addTab(title), key);
    }
    for (int i = 0; i < bar->count(); ++i) {
        if (bar->tabText(i) != wanted[std::size_t(i)].second)
            bar->setTabText(i, wanted[std::size_t(i)].second);
        if (bar->tabData(i).toString() == wantedTab && bar->currentIndex() != i)
            bar->setCurrentIndex(i);
    }
    if (!want.contains(wantedTab))
        bar->setCurrentIndex(0);
    showingTabs = false;
    choosePage();
}

void DetailsPanel::Private::fitName()
{
    // The name is read first: actions go into their menu before it is shortened.
    const int wanted = std::min(name->sizeHint().width(), q->width() * 45 / 100);
    if (name->minimumWidth() != wanted)
        name->setMinimumWidth(wanted);
    const int most = kind->fontMetrics().averageCharWidth() * 32;
    kind->setMinimumWidth(std::min(kind->sizeHint().width(), most));
    kind->setVisible(q->width() > kind->fontMetrics().averageCharWidth() * 100);
}

void DetailsPanel::Private::choosePage()
{
    const QString tab = bar->tabData(bar->currentIndex()).toString();
    for (std::size_t i = 0; i < kTabs.size(); ++i) {
        if (tab == QLatin1String(kTabs[i]) && pages->currentIndex() != int(i))
            pages->setCurrentIndex(int(i));
    }
    for (const Extra& extra : extras)
        if (tab == extra.key && pages->currentWidget() != extra.page)
            pages->setCurrentWidget(extra.page);
}

DetailsPanel::DetailsPanel(StackStore* store, Selection* selection, Documents* documents, QWidget* parent)
    : QWidget(parent), m_d(std::make_unique<Private>())
{
    Private& d = *m_d;
    d.q = this;
    d.store = store;
    d.selection = selection;
    setAccessibleName(tr("Details"));

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    d.head = new QWidget(this);
    auto* head = new QVBoxLayout(d.head);
    head->setContentsMargins(16, 10, 16, 4);
    head->setSpacing(3);
    d.breadcrumb = new Breadcrumb(d.head);
    head->addWidget(d.breadcrumb);
    auto* line = new QHBoxLayout;
    line->setSpacing(10);
    d.name = new ValueLabel(TextRole::Text, d.head);
    d.name->setLook(1.5, QFont::DemiBold);
    d.name->setElide(Qt::ElideMiddle);
    d.pill = new StatePill(d.head);
    d.kind = new ValueLabel(TextRole::Muted, d.head);
    d.actions = new ActionRow(d.head);
    line->addWidget(d.name, 0);
    line->addWidget(d.pill, 0);
    line->addWidget(d.kind, 0);
    line->addStretch(1);
    line->addWidget(d.actions, 0);
    head->addLayout(line);
    layout->addWidget(d.head);

    d.bar = new UnderlineTabs(this);
    d.bar->setAccessibleName(tr("Parts of the details"));
    d.bar->setStyleSheet(
        QStringLiteral("QTabBar::tab:first { margin-left: 12px; }")); // in line with the head
    layout->addWidget(d.bar);

    d.pages = new QStackedWidget(this);
    d.overview = new OverviewPage(d.pages);
    d.why = new WhyPageView(d.pages);
    d.asked = new AskedCard(store, d.why);
    d.why->addBelow(d.asked);
    d.conditions = new ConditionsPage(d.pages);
    d.events = new EventsPage(documents, d.pages);
    d.document = new DocumentPage(documents, d.pages);
    auto* indented = new QWidget(d.pages); // cells in line with the head above
    auto* indent = new QVBoxLayout(indented);
    setLeadingMargins(indent, 10, 0, 0, 0);
    indent->addWidget(d.conditions);
    for (QWidget* page : std::initializer_list<QWidget*>{d.overview, d.why, indented, d.events, d.document})
        d.pages->addWidget(page);
    layout->addWidget(d.pages, 1);

    d.nothing =
        new ThemedLabel(tr("Choose something in the stack to see its details."), TextRole::Muted, this);
    d.nothing->setAlignment(Qt::AlignCenter);
    layout->addWidget(d.nothing, 1);

    connect(d.breadcrumb, &Breadcrumb::activated, selection, &Selection::select);
    connect(d.overview, &OverviewPage::linkActivated, selection, &Selection::select);
    connect(d.why, &WhyPageView::itemWanted, selection, &Selection::select);
    connect(d.pill, &StatePill::clicked, this, [this] { setCurrentTab(QStringLiteral("why")); });
    connect(store, &StackStore::findingsChanged, this, [this] {
        if (!m_d->refreshTimer.isActive())
            m_d->refreshTimer.start();
    });
    connect(selection, &Selection::changed, this, [this](stack::ItemId id) { m_d->show(id); });
    connect(store, &StackStore::changed, this, [this](const stack::StackDelta& delta) {
        if (m_d->touches(delta) && !m_d->refreshTimer.isActive())
            m_d->refreshTimer.start();
    });
    connect(d.bar, &QTabBar::currentChanged, this, [this](int index) {
        if (m_d->showingTabs || index < 0)
            return;
        m_d->wantedTab = m_d->bar->tabData(index).toString();
        m_d->choosePage();
    });
    connect(d.events, &EventsPage::countChanged, this, [this] { m_d->refreshTimer.start(); });

    d.refreshTimer.setSingleShot(true);
    d.refreshTimer.setInterval(kRefreshMs);
    connect(&d.refreshTimer, &QTimer::timeout, this, [this] { m_d->refresh(); });
    d.second.setInterval(1000);
    connect(&d.second, &QTimer::timeout, this, [this] {
        if (isVisible())
            m_d->refresh(); // ages tick
    });
    d.second.start();
    d.show(selection->current());
}

DetailsPanel::~DetailsPanel() = default;

void DetailsPanel::setClients(inquiry::Look::Clients clients)
{
    m_d->asked->setClients(std::move(clients));
}

AskedCard* DetailsPanel::asked() const
{
    return m_d->asked;
}

QString DetailsPanel::currentTab() const
{
    return m_d->bar->tabData(m_d->bar->currentIndex()).toString();
}

bool DetailsPanel::setCurrentTab(const QString& name)
{
    const bool own =
        std::any_of(kTabs.begin(), kTabs.end(), [&](const char* tab) { return name == QLatin1String(tab); });
    if (!own && std::none_of(m_d->extras.begin(), m_d->extras.end(),
                             [&](const Private::Extra& extra) { return extra.key == name; }))
        return false;
    m_d->wantedTab = name;
    m_d->refresh();
    return true;
}

QStringList DetailsPanel::tabs() const
{
    QStringList out;
    for (int i = 0; i < m_d->bar->count(); ++i)
        out << m_d->bar->tabData(i).toString();
    return out;
}

void DetailsPanel::addPage(const QString& key, const QString& title, QWidget* page,
                           std::function<bool(const stack::Item&)> fits)
{
    m_d->pages->addWidget(page);
    m_d->extras.push_back({key, title, page, std::move(fits)});
    m_d->refresh();
}

void DetailsPanel::setEditor(std::function<void(const stack::ObjectRef&)> edit)
{
    m_d->document->setEditor(std::move(edit));
}

void DetailsPanel::setActions(const QList<QAction*>& actions)
{
    m_d->actions->setActions(actions);
}

void DetailsPanel::setClock(Clock clock)
{
    m_d->clock = std::move(clock);
    m_d->refresh();
}

void DetailsPanel::setCommandAccess(CommandAccess access)
{
    m_d->commandAccess = std::move(access);
    m_d->refresh();
}

void DetailsPanel::setThumbnails(Thumbnails* thumbnails)
{
    m_d->overview->setThumbnails(thumbnails);
}

void DetailsPanel::setEventsEvery(int seconds)
{
    m_d->events->setRefreshEvery(seconds);
}

void DetailsPanel::focusTabs()
{
    m_d->bar->setFocus(Qt::ShortcutFocusReason);
}

void DetailsPanel::resizeEvent(QResizeEvent* event)
{
    m_d->fitName();
    QWidget::resizeEvent(event);
}

void DetailsPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_d->refresh();
}

} // namespace strata::ui
