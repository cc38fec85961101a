// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/console/nodeshelldialog.h"

#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QPushButton>
#include <QVBoxLayout>

namespace strata::ui {

NodeShellDialog::NodeShellDialog(const NodeTarget& node, QWidget* parent) : QDialog(parent)
{
    setWindowTitle(tr("Shell on node %1").arg(shown(node.name)));
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    auto* words = new ThemedLabel(tr("A privileged pod is made in namespace kube-system on this node: with "
                                     "its file system, processes and "
                                     "network. It is deleted when the tab is closed; one that a crash leaves "
                                     "behind is deleted at the next "
                                     "start, and ends by itself after eight hours."),
                                  TextRole::Text, this);
    words->setWordWrap(true);
    words->setMinimumWidth(420);
    layout->addWidget(words);
    auto* form = new QFormLayout;
    m_image = new QComboBox(this);
    m_image->setEditable(true);
    m_image->addItems({QString::fromStdString(console::NodeShellTarget().image),
                       QStringLiteral("registry.k8s.io/e2e-test-images/busybox:1.36.1-1"),
                       QStringLiteral("docker.io/library/alpine:3.20")});
    m_image->setMinimumContentsLength(36);
    form->addRow(tr("&Image with chroot and sleep"), m_image);
    layout->addLayout(form);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    QPushButton* yes = buttons->addButton(tr("Open the shell"), QDialogButtonBox::AcceptRole);
    yes->setDefault(true);
    layout->addWidget(buttons);
    connect(m_image, &QComboBox::editTextChanged, this,
            [yes](const QString& text) { yes->setEnabled(!text.trimmed().isEmpty()); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this, node] {
        console::NodeShellTarget target;
        target.node = node.name;
        target.image = m_image->currentText().trimmed().toStdString();
        Q_EMIT shellWanted(node.source, target);
        accept();
    });
}

} // namespace strata::ui
