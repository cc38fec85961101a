// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/details/eventspage.h"

#include "core/base/text.h"
#include "ui/details/documents.h"
#include "ui/widgets/celldelegate.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/leadingmargins.h"
#include "ui/widgets/tablecopy.h"
#include "ui/widgets/themedlabel.h"

#include <QHeaderView>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {
namespace {

constexpr std::size_t kMostObjects = 8; // a workload may have hundreds of pods
constexpr std::size_t kMostRows = 500;
constexpr int kFirstReadMs = 250; // arrows through the tree must not ask for every row's events

bool sameEvent(const stack::EventRow& a, const stack::EventRow& b)
{
    return a.type == b.type && a.reason == b.reason && a.message == b.message && a.source == b.source &&
           a.objectKind == b.objectKind && a.objectName == b.objectName && a.first == b.first;
}

} // namespace

void EventModel::show(std::vector<stack::EventRow> rows)
{
    // Gone rows leave, new ones enter where they belong, the others stay.
    for (int i = int(m_rows.size()) - 1; i >= 0; --i) {
        const stack::EventRow& known = m_rows[std::size_t(i)];
        if (std::none_of(rows.begin(), rows.end(),
                         [&](const stack::EventRow& row) { return sameEvent(row, known); })) {
            beginRemoveRows({}, i, i);
            m_rows.erase(m_rows.begin() + i);
            endRemoveRows();
        }
    }
    for (int i = 0; i < int(rows.size()); ++i) {
        stack::EventRow& row = rows[std::size_t(i)];
        const auto found = std::find_if(m_rows.begin() + i, m_rows.end(),
                                        [&](const stack::EventRow& known) { return sameEvent(known, row); });
        if (found == m_rows.end()) {
            beginInsertRows({}, i, i);
            m_rows.insert(m_rows.begin() + i, std::move(row));
            endInsertRows();
            continue;
        }
        const int at = int(found - m_rows.begin());
        if (at != i) {
            beginMoveRows({}, at, at, {}, i);
            std::rotate(m_rows.begin() + i, found, found + 1);
            endMoveRows();
        }
        stack::EventRow& known = m_rows[std::size_t(i)];
        if (known.count != row.count || known.last != row.last) {
            known = std::move(row);
            Q_EMIT dataChanged(index(i, 0), index(i, Columns - 1));
        }
    }
    if (int(m_rows.size()) > int(rows.size())) { // twins of one event
        beginRemoveRows({}, int(rows.size()), int(m_rows.size()) - 1);
        m_rows.resize(rows.size());
        endRemoveRows();
    }
}

void EventModel::tick(UnixMs now)
{
    m_now = now;
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, Last), index(int(m_rows.size()) - 1, Last), {Qt::DisplayRole});
}

int EventModel::warnings() const
{
    return int(std::count_if(m_rows.begin(), m_rows.end(),
                             [](const stack::EventRow& row) { return row.type == "Warning"; }));
}

int EventModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int EventModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Columns;
}

QVariant EventModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= int(m_rows.size()))
        return {};
    const stack::EventRow& row = m_rows[std::size_t(index.row())];
    const auto text = [](const std::string& value) { return QString::fromStdString(value); };
    const bool warning = row.type == "Warning";
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case Reason:
            return text(row.reason);
        case Object:
            return QStringLiteral("%1/%2").arg(text(row.objectKind), text(row.objectName));
        case Message:
            return text(row.message);
        case Count:
            return row.count;
        case Last:
            return row.last > 0 ? QString::fromStdString(formatAge(m_now - row.last)) : QString();
        default:
            return {};
        }
    case Qt::DecorationRole:
        return index.column() == Reason
                   ? QVariant(healthIcon(warning ? stack::Health::Warning : stack::Health::Ok))
                   : QVariant();
    case Qt::ForegroundRole:
        if (index.column() == Reason && warning)
            return colorOf(TextRole::Warning);
        return index.column() == Last || index.column() == Object ? QVariant(colorOf(TextRole::Muted))
                                                                  : QVariant();
    case Qt::TextAlignmentRole:
        return int(Qt::AlignLeading | Qt::AlignVCenter);
    case Qt::ToolTipRole:
        return QStringLiteral("<p>%1: %2</p><p>%3</p>")
            .arg(text(row.type).toHtmlEscaped(), text(row.message).toHtmlEscaped(),
                 text(row.source).toHtmlEscaped());
    case Qt::AccessibleTextRole:
        return index.column() == Reason ? QStringLiteral("%1, %2").arg(text(row.type), text(row.reason))
                                        : QVariant();
    default:
        return {};
    }
}

QVariant EventModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignLeading | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Reason:
        return tr("Reason");
    case Object:
        return tr("Object");
    case Message:
        return tr("Message");
    case Count:
        return tr("Count");
    case Last:
        return tr("Last seen");
    default:
        return {};
    }
}

EventsPage::EventsPage(Documents* documents, QWidget* parent) : QWidget(parent), m_documents(documents)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_fault = new ThemedLabel(TextRole::Warning, this);
    m_fault->setWordWrap(true);
    m_fault->setContentsMargins(16, 6, 16, 6);
    m_fault->hide();
    layout->addWidget(m_fault);
    m_pages = new QStackedWidget(this);
    layout->addWidget(m_pages);
    setLeadingMargins(m_pages, 10, 0, 0, 0); // cells in line with the head above

    m_model = new EventModel(this);
    m_model->tick(systemNow());
    m_table = new QTableView(m_pages);
    m_table->setModel(m_model);
    m_table->setAccessibleName(tr("Events"));
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setShowGrid(false);
    m_table->setSelectionBehavior(QTableView::SelectRows);
    m_table->setEditTriggers(QTableView::NoEditTriggers);
    m_table->setTabKeyNavigation(false);
    m_table->setWordWrap(true);
    m_table->setVerticalScrollMode(QTableView::ScrollPerPixel);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    QHeaderView* header = m_table->horizontalHeader();
    header->setHighlightSections(false);
    header->setMaximumSectionSize(900);
    header->setMinimumSectionSize(56);
    for (int column = EventModel::Reason; column < EventModel::Columns; ++column)
        header->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    header->setSectionResizeMode(EventModel::Object, QHeaderView::Interactive);
    header->resizeSection(EventModel::Object, 200);
    header->setSectionResizeMode(EventModel::Message, QHeaderView::Stretch);
    m_table->setTextElideMode(Qt::ElideMiddle);
    m_table->setItemDelegate(new CellDelegate(m_table, EventModel::Message));
    installTableCopy(m_table);
    m_pages->addWidget(m_table);

    auto* empty = new QWidget(m_pages);
    auto* words = new QVBoxLayout(empty);
    words->addStretch(2);
    m_state = new ThemedLabel(TextRole::Muted, empty);
    m_state->setAlignment(Qt::AlignCenter);
    m_state->setWordWrap(true);
    m_state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    words->addWidget(m_state);
    m_retry = new QPushButton(tr("Retry"), empty);
    m_retry->setAutoDefault(false);
    words->addWidget(m_retry, 0, Qt::AlignHCenter);
    words->addStretch(3);
    m_pages->addWidget(empty);
    connect(m_retry, &QPushButton::clicked, this, &EventsPage::read);

    m_first.setSingleShot(true);
    m_first.setInterval(kFirstReadMs);
    connect(&m_first, &QTimer::timeout, this, &EventsPage::read);
    m_again.setInterval(15000);
    connect(&m_again, &QTimer::timeout, this, [this] {
        if (isVisible() && m_open == 0)
            read();
    });
    showState(tr("Reading events…"), false);
}

EventsPage::~EventsPage() = default;

void EventsPage::setRefreshEvery(int seconds)
{
    m_again.setInterval(seconds * 1000);
}

void EventsPage::setObjects(const std::vector<stack::ObjectRef>& objects)
{
    std::vector<stack::ObjectRef> wanted;
    for (const stack::ObjectRef& object : objects) {
        if (object.group != "libvirt" && wanted.size() < kMostObjects)
            wanted.push_back(object);
    }
    if (m_objects == wanted)
        return;
    // Objects that came or went are not another item: what was read stays until the next answer.
    const bool sameItem = !m_objects.empty() && !wanted.empty() && m_objects.front() == wanted.front();
    m_objects = std::move(wanted);
    m_reading.reset();
    m_open = 0;
    if (!sameItem) {
        m_read = false;
        m_model->show({});
        m_fault->hide();
        showState(tr("Reading events…"), false);
        Q_EMIT countChanged();
    }
    if (!m_objects.empty())
        m_first.start();
}

void EventsPage::read()
{
    m_reading = std::make_unique<QObject>();
    m_gathered.clear();
    m_error = {};
    m_failed = 0;
    m_open = int(m_objects.size());
    if (!m_read)
        showState(tr("Reading events…"), false);
    const std::vector<stack::ObjectRef> objects = m_objects;
    for (const stack::ObjectRef& object : objects) {
        m_documents->events(object, m_reading.get(), [this](Result<std::vector<stack::EventRow>> answer) {
            if (answer) {
                for (stack::EventRow& row : *answer) {
                    for (std::string* part : {&row.type, &row.reason, &row.message, &row.source,
                                              &row.objectKind, &row.objectName})
                        *part = cleanText(*part);
                    m_gathered.push_back(std::move(row));
                }
            } else {
                ++m_failed;
                m_error = answer.error();
            }
            if (--m_open == 0)
                settle();
        });
    }
}

void EventsPage::settle()
{
    const QString words =
        QString::fromStdString(cleanText(m_error.detail.empty() || m_error.detail == m_error.text
                                             ? m_error.text
                                             : m_error.text + " (" + m_error.detail + ")"));
    if (m_failed > 0 && m_failed == int(m_objects.size())) {
        if (m_read && m_model->rowCount() > 0) {
            m_fault->showText(tr("These events are old: %1").arg(words));
            m_fault->show();
        } else {
            showState(m_error.kind == ErrorKind::Forbidden
                          ? tr("You are not allowed to list events here.\n%1").arg(words)
                          : tr("The events could not be read.\n%1").arg(words),
                      true);
        }
        return;
    }
    m_read = true;
    m_fault->setVisible(m_failed > 0);
    if (m_failed > 0)
        m_fault->showText(tr("Some events are missing: %1").arg(words));
    std::stable_sort(m_gathered.begin(), m_gathered.end(),
                     [](const stack::EventRow& a, const stack::EventRow& b) { return a.last > b.last; });
    if (m_gathered.size() > kMostRows)
        m_gathered.resize(kMostRows);
    m_model->show(std::move(m_gathered));
    m_gathered = {};
    if (m_model->rowCount() == 0)
        showState(tr("No events. Kubernetes keeps them for about an hour."), false);
    else
        m_pages->setCurrentWidget(m_table);
    Q_EMIT countChanged();
}

void EventsPage::showState(const QString& text, bool canRetry)
{
    m_state->showText(text);
    m_retry->setVisible(canRetry);
    m_pages->setCurrentIndex(1);
}

QString EventsPage::stateText() const
{
    return m_pages->currentIndex() == 1 ? m_state->text() : QString();
}

void EventsPage::tick(UnixMs now)
{
    m_model->tick(now);
}

int EventsPage::count() const
{
    return m_read ? m_model->rowCount() : -1;
}

void EventsPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_again.start();
    if (m_read && m_open == 0 && !m_objects.empty())
        read();
}

void EventsPage::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_again.stop();
}

} // namespace strata::ui
