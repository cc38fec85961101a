// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/inputs.h"

#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QPushButton>

namespace strata::ui {

PathEdit::PathEdit(const QString& what, QWidget* parent) : QWidget(parent)
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    m_edit = new QLineEdit(this);
    m_edit->setMaxLength(4096);
    m_edit->setAccessibleName(what);
    auto* browse = new QPushButton(tr("Browse…"), this);
    browse->setAutoDefault(false);
    layout->addWidget(m_edit, 1);
    layout->addWidget(browse);
    setFocusProxy(m_edit);
    connect(m_edit, &QLineEdit::textEdited, this, &PathEdit::edited);
    connect(browse, &QPushButton::clicked, this, [this, what] {
        auto* dialog = new QFileDialog(this, what, {}, tr("Manifests (*.yaml *.yml *.json);;All files (*)"));
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setFileMode(QFileDialog::ExistingFile);
        connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
            m_edit->setText(path);
            Q_EMIT edited(path);
        });
        dialog->open();
    });
}

QComboBox* amountBox(const QStringList& usual)
{
    auto* box = new QComboBox;
    box->setEditable(true);
    box->setInsertPolicy(QComboBox::NoInsert);
    box->setCompleter(nullptr); // "4" is not "40Gi"
    box->addItems(usual);
    box->setMinimumContentsLength(3);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    return box;
}

} // namespace strata::ui
