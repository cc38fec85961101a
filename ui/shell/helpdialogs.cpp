// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/helpdialogs.h"

#include "ui/theme/theme.h"
#include "ui/widgets/themedlabel.h"

#include <QAction>
#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>

namespace strata::ui {
namespace {

class Words {
    Q_DECLARE_TR_FUNCTIONS(Help)
};

QDialog* makeDialog(const QString& title, QWidget* parent, QVBoxLayout*& layout)
{
    auto* dialog = new QDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    auto* outer = new QVBoxLayout(dialog);
    outer->setContentsMargins(20, 18, 20, 16);
    outer->setSpacing(12);
    layout = new QVBoxLayout;
    outer->addLayout(layout, 1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    outer->addWidget(buttons);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::close);
    return dialog;
}

} // namespace

void showShortcuts(const QList<QAction*>& actions, QWidget* parent)
{
    QVBoxLayout* layout = nullptr;
    QDialog* dialog = makeDialog(Words::tr("Keyboard shortcuts"), parent, layout);
    dialog->resize(440, 520);
    auto* scroll = new QScrollArea(dialog);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    auto* canvas = new QWidget;
    auto* grid = new QGridLayout(canvas);
    grid->setColumnStretch(0, 1);
    grid->setVerticalSpacing(7);
    int row = 0;
    const auto add = [&](QString text, const QString& keys) {
        text.remove(QLatin1Char('&'));
        grid->addWidget(new ThemedLabel(text, TextRole::Text, canvas), row, 0);
        auto* label = new ThemedLabel(keys, TextRole::Muted, canvas);
        label->setFont(Theme::monospace());
        grid->addWidget(label, row++, 1, Qt::AlignTrailing);
    };
    for (const QAction* action : actions) {
        if (!action->shortcut().isEmpty())
            add(action->text(), action->shortcut().toString(QKeySequence::NativeText));
    }
    add(Words::tr("Back, out of a zoom, out of a field"), QStringLiteral("Esc"));
    grid->setRowStretch(row, 1);
    scroll->setWidget(canvas);
    layout->addWidget(scroll);
    dialog->open();
}

void showAbout(QWidget* parent)
{
    QVBoxLayout* layout = nullptr;
    QDialog* dialog = makeDialog(Words::tr("About Strata"), parent, layout);
    auto* head = new QHBoxLayout;
    auto* picture = new QLabel(dialog);
    picture->setPixmap(Theme::icon(QStringLiteral("strata"), colors().accent).pixmap(56, 56));
    head->addWidget(picture);
    head->addSpacing(8);
    auto* words = new QVBoxLayout;
    auto* name = new ThemedLabel(Words::tr("Strata"), TextRole::Text, dialog);
    name->setLook(1.7, QFont::DemiBold);
    words->addWidget(name);
    words->addWidget(
        new ThemedLabel(Words::tr("Version %1, on Qt %2")
                            .arg(QStringLiteral(STRATA_VERSION), QString::fromLatin1(qVersion())),
                        TextRole::Muted, dialog));
    head->addLayout(words, 1);
    layout->addLayout(head);
    auto* text = new ThemedLabel(
        Words::tr(
            "A desktop console for Kubernetes on KubeVirt on bare metal.\n\nFree software under the GNU "
            "General Public License, version 3 or later. It comes with no warranty."),
        TextRole::Text, dialog);
    text->setWordWrap(true);
    text->setMinimumWidth(380);
    layout->addWidget(text);
    dialog->open();
}

} // namespace strata::ui
