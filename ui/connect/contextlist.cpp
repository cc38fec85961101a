// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/connect/contextlist.h"

#include "core/base/text.h"
#include "ui/connect/errorwords.h"
#include "ui/widgets/healthicon.h"
#include "ui/widgets/themedlabel.h"

#include <QCoreApplication>
#include <QDir>
#include <QFont>
#include <QPointer>
#include <QThreadPool>

#include <memory>

namespace strata::ui {
namespace {

constexpr std::size_t kMostRows = 2000;

QString shown(const std::string& text)
{
    return QString::fromStdString(cleanText(text));
}

QString shortPath(const QString& path)
{
    const QString home = QDir::homePath();
    return path.startsWith(home + QLatin1Char('/')) ? QLatin1Char('~') + path.mid(home.size()) : path;
}

} // namespace

ContextList::ContextList(const ConnectServices& services, QObject* parent)
    : QAbstractTableModel(parent), m_services(services), m_checks(std::make_unique<QObject>())
{}

ContextList::~ContextList() = default;

void ContextList::addFile(const QString& path)
{
    if (m_paths.contains(path)) { // read again: its rows go, what is in it now comes
        for (int i = int(m_rows.size()) - 1; i >= 0; --i) {
            if (m_rows[std::size_t(i)].path != path)
                continue;
            beginRemoveRows({}, i, i);
            m_rows.erase(m_rows.begin() + i);
            endRemoveRows();
        }
    } else {
        m_paths << path;
    }
    if (!m_services.readKubeconfig)
        return;
    ++m_reading;
    const QPointer<ContextList> self = this;
    const auto read = m_services.readKubeconfig;
    QThreadPool::globalInstance()->start([self, read, path] {
        auto answer = std::make_shared<Result<std::vector<ContextRow>>>(read(path.toStdString()));
        QMetaObject::invokeMethod(
            qApp,
            [self, path, answer] {
                if (self != nullptr)
                    self->add(path, std::move(*answer));
            },
            Qt::QueuedConnection);
    });
}

void ContextList::add(const QString& path, Result<std::vector<ContextRow>> answer)
{
    --m_reading;
    std::vector<Row> rows;
    if (!answer) {
        Row row;
        row.path = path;
        row.error = answer.error();
        rows.push_back(std::move(row));
    } else {
        for (ContextRow& context : *answer) {
            if (m_rows.size() + rows.size() >= kMostRows)
                break;
            Row row;
            row.path = path;
            if (!context.config)
                row.error = context.config.error();
            row.context = std::move(context);
            rows.push_back(std::move(row));
        }
    }
    if (!rows.empty()) {
        const int first = int(m_rows.size());
        beginInsertRows({}, first, first + int(rows.size()) - 1);
        for (Row& row : rows) {
            row.id = ++m_lastId;
            m_rows.push_back(std::move(row));
        }
        endInsertRows();
        for (std::size_t at = std::size_t(first); at < m_rows.size(); ++at)
            check(at);
    }
    Q_EMIT filesRead();
}

void ContextList::checkAgain()
{
    m_checks = std::make_unique<QObject>();
    for (std::size_t at = 0; at < m_rows.size(); ++at)
        check(at);
}

void ContextList::check(std::size_t at)
{
    Row& row = m_rows[at];
    if (!row.context || !row.context->config || !m_services.checkCluster)
        return;
    row.checking = true;
    row.error.reset();
    row.version.clear();
    Q_EMIT dataChanged(index(int(at), 0), index(int(at), Columns - 1));
    const quint64 id = row.id;
    const kube::ClusterConfig config = *row.context->config;
    m_services.checkCluster(config, m_checks.get(), [this, id](Result<std::string> answer) {
        const std::optional<std::size_t> found = indexOf(id);
        if (!found)
            return;
        Row& checked = m_rows[*found];
        checked.checking = false;
        if (answer)
            checked.version = shown(*answer);
        else
            checked.error = answer.error();
        Q_EMIT dataChanged(index(int(*found), 0), index(int(*found), Columns - 1));
        Q_EMIT rowChecked(int(*found));
    });
}

std::optional<std::size_t> ContextList::indexOf(quint64 id) const
{
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        if (m_rows[i].id == id)
            return i;
    }
    return std::nullopt;
}

const ContextRow* ContextList::context(int row) const
{
    return row >= 0 && row < rowCount() && m_rows[std::size_t(row)].context
               ? &*m_rows[std::size_t(row)].context
               : nullptr;
}

QString ContextList::path(int row) const
{
    return row >= 0 && row < rowCount() ? m_rows[std::size_t(row)].path : QString();
}

QString ContextList::problem(int row) const
{
    if (row < 0 || row >= rowCount() || !m_rows[std::size_t(row)].error)
        return {};
    const Error& error = *m_rows[std::size_t(row)].error;
    const QString advice = errorAdvice(error);
    return errorText(error) + (advice.isEmpty() ? QString() : QLatin1Char('\n') + advice);
}

bool ContextList::usable(int row) const
{
    const ContextRow* found = context(row);
    return found != nullptr && found->config.has_value();
}

int ContextList::firstUsable() const
{
    int first = -1;
    for (int row = 0; row < rowCount(); ++row) {
        if (!usable(row))
            continue;
        if (context(row)->current)
            return row;
        if (first < 0)
            first = row;
    }
    return first;
}

stack::Health ContextList::health(const Row& row) const
{
    if (row.checking)
        return stack::Health::Progressing;
    if (row.error)
        return row.error->kind == ErrorKind::Forbidden ? stack::Health::Warning : stack::Health::Failed;
    return row.version.isEmpty() ? stack::Health::Unknown : stack::Health::Ok;
}

QString ContextList::state(const Row& row) const
{
    if (row.checking)
        return tr("checking…");
    if (row.error)
        return errorTitle(*row.error);
    return row.version.isEmpty() ? tr("not checked") : tr("answers · %1").arg(row.version);
}

int ContextList::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int ContextList::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : Columns;
}

QVariant ContextList::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Row& row = m_rows[std::size_t(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case Name:
            return row.context ? shown(row.context->name) : tr("(file)");
        case Server:
            return row.context ? shown(row.context->server) : QString();
        case State:
            return state(row);
        case File:
            return shortPath(row.path);
        default:
            return {};
        }
    case Qt::DecorationRole:
        return index.column() == State ? QVariant(healthIcon(health(row))) : QVariant();
    case Qt::ForegroundRole:
        if (index.column() == State && row.error)
            return colorOf(roleOf(health(row)));
        return index.column() == File || index.column() == Server ? QVariant(colorOf(TextRole::Muted))
                                                                  : QVariant();
    case Qt::FontRole:
        if (index.column() == Name && row.context && row.context->current) {
            QFont font;
            font.setWeight(QFont::DemiBold);
            return font;
        }
        return {};
    case Qt::ToolTipRole: {
        QString tip = problem(index.row());
        if (tip.isEmpty() && row.context)
            tip = tr("User %1, cluster %2").arg(shown(row.context->user), shown(row.context->cluster));
        return QStringLiteral("<p style='white-space:pre-wrap'>%1</p>").arg(tip.toHtmlEscaped());
    }
    default:
        return {};
    }
}

QVariant ContextList::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignLeading | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return tr("Context");
    case Server:
        return tr("Server");
    case State:
        return tr("State");
    case File:
        return tr("File");
    default:
        return {};
    }
}

} // namespace strata::ui
