// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/checks/checkmodel.h"

#include "ui/widgets/healthicon.h"
#include "ui/widgets/text.h"

namespace strata::ui {

stack::Health healthOf(checks::Verdict verdict)
{
    switch (verdict) {
    case checks::Verdict::Pass:
        return stack::Health::Ok;
    case checks::Verdict::Warn:
        return stack::Health::Warning;
    case checks::Verdict::Fail:
        return stack::Health::Failed;
    case checks::Verdict::Unknown:
        break;
    }
    return stack::Health::Unknown;
}

QString verdictText(checks::Verdict verdict)
{
    switch (verdict) {
    case checks::Verdict::Pass:
        return CheckModel::tr("Passes");
    case checks::Verdict::Warn:
        return CheckModel::tr("Warning");
    case checks::Verdict::Fail:
        return CheckModel::tr("Fails");
    case checks::Verdict::Unknown:
        break;
    }
    return CheckModel::tr("Cannot tell");
}

void CheckModel::judge()
{
    m_reports.clear();
    std::vector<checks::Subject> subjects;
    for (const CheckedHost& host : m_hosts) {
        m_reports.push_back({host.subject, checks::checkHost(host.subject, *m_profile)});
        subjects.push_back(host.subject);
    }
    if (m_hosts.size() > 1) {
        const std::vector<checks::Check> fleet = checks::checkFleet(subjects);
        for (std::size_t i = 0; i < fleet.size(); ++i)
            m_reports[i].checks.push_back(fleet[i]);
    }
}

void CheckModel::setProfile(const checks::Profile& profile)
{
    m_profile = &profile;
    judge();
    if (rowCount() > 0)
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
    Q_EMIT headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
}

void CheckModel::setHosts(std::vector<CheckedHost> hosts)
{
    beginResetModel();
    m_hosts = std::move(hosts);
    judge();
    endResetModel();
}

void CheckModel::setHost(int column, CheckedHost host)
{
    if (column < 1 || column > int(m_hosts.size()))
        return;
    m_hosts[std::size_t(column - 1)] = std::move(host);
    judge(); // one host's CPU model decides about the others'
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
    Q_EMIT headerDataChanged(Qt::Horizontal, 0, columnCount() - 1);
}

const checks::Check* CheckModel::check(const QModelIndex& index) const
{
    if (!index.isValid() || index.column() < 1 || index.column() > int(m_reports.size()))
        return nullptr;
    const std::vector<checks::Check>& all = m_reports[std::size_t(index.column() - 1)].checks;
    return index.row() < int(all.size()) ? &all[std::size_t(index.row())] : nullptr;
}

int CheckModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || m_reports.empty() ? 0 : int(m_reports.front().checks.size());
}

int CheckModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_hosts.size()) + 1;
}

QVariant CheckModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || m_reports.empty())
        return {};
    if (index.column() == 0) {
        const checks::Check& first = m_reports.front().checks[std::size_t(index.row())];
        if (role == Qt::DisplayRole)
            return shown(first.title);
        if (role == Qt::ToolTipRole)
            return plainToolTip(tr("Wanted: %1").arg(shown(first.wanted)));
        return {};
    }
    const checks::Check* found = check(index);
    if (found == nullptr)
        return {};
    const CheckedHost& host = m_hosts[std::size_t(index.column() - 1)];
    const bool waiting = host.asking && found->verdict == checks::Verdict::Unknown;
    switch (role) {
    case Qt::DisplayRole:
        if (waiting)
            return tr("…");
        return found->value.empty() ? verdictText(found->verdict) : shown(found->value);
    case Qt::DecorationRole:
        return healthIcon(waiting ? stack::Health::Progressing : healthOf(found->verdict));
    case Qt::ToolTipRole:
        return plainToolTip(
            QStringLiteral("%1\n%2").arg(verdictText(found->verdict), shown(found->reason)).trimmed());
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1: %2").arg(verdictText(found->verdict), shown(found->value));
    default:
        return {};
    }
}

QVariant CheckModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignLeft | Qt::AlignVCenter);
    if (section == 0)
        return role == Qt::DisplayRole ? QVariant(tr("Check")) : QVariant();
    if (section > int(m_hosts.size()))
        return {};
    const CheckedHost& host = m_hosts[std::size_t(section - 1)];
    if (role == Qt::DisplayRole)
        return shown(host.subject.name);
    if (role == Qt::ToolTipRole && !host.error.isEmpty())
        return plainToolTip(host.error);
    return {};
}

} // namespace strata::ui
