// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions/rundialog.h"

#include "ui/wizard/clusterruns.h"
#include "ui/wizard/progresspage.h"

#include <QVBoxLayout>

namespace strata::ui {

RunDialog::RunDialog(ClusterRuns* runs, ClusterRun* run, QWidget* parent) : QDialog(parent)
{
    setWindowTitle(run->title());
    setObjectName(QStringLiteral("runDialog"));
    resize(680, 460);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    m_page = new ProgressPage(runs, this);
    layout->addWidget(m_page);
    m_page->showRun(run);
    connect(m_page, &ProgressPage::leaveWanted, this, &QDialog::close);
    connect(run, &QObject::destroyed, this, &QDialog::close);
}

ClusterRun* RunDialog::run() const
{
    return m_page->run();
}

} // namespace strata::ui
