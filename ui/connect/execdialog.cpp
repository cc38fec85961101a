// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/connect/execdialog.h"

#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"

#include <QFontDatabase>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {
namespace {

constexpr int kMostLines = 6; // of the arguments, before they scroll

// Arguments as a shell would need them: it must be seen where one ends.
QString quoted(const std::string& argument)
{
    const QString text = cleaned(argument);
    const bool plain = !text.isEmpty() && std::all_of(text.begin(), text.end(), [](QChar c) {
        return c.isLetterOrNumber() || QStringLiteral("-_./:=@%+,").contains(c);
    });
    if (plain)
        return text;
    QString inner = text;
    return QLatin1Char('\'') + inner.replace(QLatin1Char('\''), QStringLiteral("'\\''")) + QLatin1Char('\'');
}

QWidget* lines(const std::vector<std::string>& texts, bool quote, const QString& name, QWidget* parent)
{
    auto* edit = new QPlainTextEdit(parent);
    edit->setReadOnly(true);
    edit->setTabChangesFocus(true);
    edit->setLineWrapMode(QPlainTextEdit::WidgetWidth);
    edit->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    edit->setAccessibleName(name);
    QStringList all;
    for (const std::string& text : texts)
        all.push_back(quote ? quoted(text) : cleaned(text));
    edit->setPlainText(all.join(QLatin1Char('\n')));
    const int rows = std::clamp(static_cast<int>(texts.size()), 1, kMostLines);
    edit->setFixedHeight(edit->fontMetrics().lineSpacing() * rows + 16);
    return edit;
}

} // namespace

ExecDialog::ExecDialog(const kube::ExecQuestion& question, QWidget* parent) : QDialog(parent)
{
    using Answer = kube::ExecPlugins::Answer;
    setWindowTitle(tr("Allow a program?"));
    setMinimumWidth(620);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 16);
    layout->setSpacing(12);
    auto* title =
        new ThemedLabel(tr("A kubeconfig wants to run a program on this computer"), TextRole::Text, this);
    title->setLook(1.15, QFont::DemiBold);
    title->setWordWrap(true);
    layout->addWidget(title);
    auto* words = new ThemedLabel(
        tr("It is to print the credential for the context “%1”. It runs as you, with all your rights.")
            .arg(cleaned(question.context)),
        TextRole::Muted, this);
    words->setWordWrap(true);
    layout->addWidget(words);

    auto* form = new QFormLayout;
    form->setLabelAlignment(Qt::AlignLeading | Qt::AlignTop);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->setHorizontalSpacing(16);
    const auto value = [&](const QString& name, const std::string& text) {
        auto* label = new ValueLabel(TextRole::Text, this);
        label->setElide(Qt::ElideMiddle);
        label->setFullText(cleaned(text));
        label->setAccessibleName(name);
        form->addRow(name, label);
        return label;
    };
    value(tr("Program"), question.program.path)->setObjectName(QStringLiteral("program"));
    if (!question.args.empty())
        form->addRow(tr("Arguments"), lines(question.args, true, tr("Arguments"), this));
    if (!question.environment.empty())
        form->addRow(tr("Variables"), lines(question.environment, false, tr("Variables"), this));
    value(tr("Kubeconfig"), question.origin);
    value(tr("SHA-256"), question.program.sha256)->setObjectName(QStringLiteral("hash"));
    layout->addLayout(form);

    auto* note = new ThemedLabel(question.interpreter ? TextRole::Warning : TextRole::Muted, this);
    note->setWordWrap(true);
    note->showText(question.interpreter
                       ? tr("This is an interpreter or a program that runs others: what happens stands in "
                            "the arguments. "
                            "It is allowed with these arguments only, and only until Strata ends.")
                       : tr("“Allow this program” is remembered. If the file changes, you are asked again."));
    layout->addWidget(note);

    auto* buttons = new QHBoxLayout;
    auto* no = new QPushButton(tr("&Do not allow"), this);
    auto* once = new QPushButton(tr("Allow &once"), this);
    auto* always = new QPushButton(
        question.interpreter ? tr("&Allow until Strata ends") : tr("&Allow this program"), this);
    no->setDefault(true);
    no->setObjectName(QStringLiteral("no"));
    once->setObjectName(QStringLiteral("once"));
    always->setObjectName(QStringLiteral("always"));
    once->setAutoDefault(false);
    always->setAutoDefault(false);
    once->setVisible(!question.interpreter);
    once->setToolTip(tr("Until Strata ends"));
    buttons->addStretch();
    buttons->addWidget(no);
    buttons->addWidget(once);
    buttons->addWidget(always);
    layout->addLayout(buttons);
    connect(no, &QPushButton::clicked, this, &QDialog::reject);
    connect(once, &QPushButton::clicked, this, [this] {
        say(Answer::Once);
        accept();
    });
    connect(always, &QPushButton::clicked, this, [this, interpreter = question.interpreter] {
        say(interpreter ? Answer::Once : Answer::Always);
        accept();
    });
    connect(this, &QDialog::finished, this, [this] { say(Answer::No); });
    no->setFocus();
}

void ExecDialog::say(kube::ExecPlugins::Answer answer)
{
    if (m_said)
        return;
    m_said = true;
    Q_EMIT answered(answer);
}

} // namespace strata::ui
