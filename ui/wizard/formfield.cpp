// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/formfield.h"

#include "ui/theme/theme.h"
#include "ui/widgets/leadingmargins.h"
#include "ui/widgets/text.h"
#include "ui/widgets/themedlabel.h"

#include <QAbstractButton>
#include <QHBoxLayout>
#include <QLabel>
#include <QStyle>
#include <QVBoxLayout>

namespace strata::ui {

using provision::Problem;
using provision::Severity;

namespace {

QString wordsOf(const Problem& problem)
{
    return problem.remedy.empty() ? shown(problem.text)
                                  : shown(problem.text) + QLatin1Char(' ') + shown(problem.remedy);
}

ThemedLabel* messageLabel(QWidget* parent)
{
    auto* label = new ThemedLabel(TextRole::Muted, parent);
    label->setLook(0.9, QFont::Normal);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->hide();
    return label;
}

TextRole roleOfProblem(const std::optional<Problem>& problem)
{
    return !problem                               ? TextRole::Muted
           : problem->severity == Severity::Error ? TextRole::Failed
                                                  : TextRole::Warning;
}

} // namespace

void setWrong(QWidget* editor, bool wrong)
{
    if (editor->focusProxy() != nullptr) // of an input with a button beside it
        editor = editor->focusProxy();
    if (editor->property("wrong").toBool() == wrong)
        return;
    editor->setProperty("wrong", wrong);
    editor->style()->unpolish(editor);
    editor->style()->polish(editor);
}

FormField::FormField(const QString& label, QWidget* editor, QWidget* parent)
    : QWidget(parent), m_editor(editor)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    m_label = new ThemedLabel(label, TextRole::Text, this);
    m_label->setBuddy(editor);
    m_label->setVisible(!label.isEmpty());
    layout->addWidget(m_label);
    editor->setParent(this);
    layout->addWidget(editor);
    m_message = messageLabel(this);
    if (qobject_cast<QAbstractButton*>(editor) != nullptr)
        setLeadingMargins(m_message, 24, 0, 0, 0); // below the words, not below the box
    layout->addWidget(m_message);
    setLabel(label);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
}

QString FormField::label() const
{
    QString text = m_label->text();
    if (const auto* box = qobject_cast<QAbstractButton*>(m_editor); box != nullptr && text.isEmpty())
        text = box->text(); // a box to tick says itself what it is
    return text.remove(QLatin1Char('&'));
}

void FormField::setLabel(const QString& label)
{
    m_label->setText(label);
    QString name = label;
    if (!name.isEmpty())
        m_editor->setAccessibleName(name.remove(QLatin1Char('&')));
}

void FormField::setHint(const QString& hint)
{
    m_hint = hint;
    showMessage();
}

void FormField::setProblem(const std::optional<Problem>& problem)
{
    if (m_problem == problem)
        return;
    m_problem = problem;
    showMessage();
}

QString FormField::message() const
{
    return m_problem ? wordsOf(*m_problem) : m_hint;
}

void FormField::tellElsewhere()
{
    m_elsewhere = true;
    m_message->hide();
}

void FormField::showMessage()
{
    const QString text = message();
    setWrong(m_editor, m_problem && m_problem->severity == Severity::Error);
    m_editor->setAccessibleDescription(text);
    if (!m_elsewhere) {
        m_message->setRole(roleOfProblem(m_problem));
        m_message->showText(text);
        m_message->setVisible(!text.isEmpty());
    }
    Q_EMIT messageChanged();
}

FieldRow::FieldRow(QWidget* parent) : QWidget(parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    m_line = new QHBoxLayout;
    m_line->setSpacing(10);
    layout->addLayout(m_line);
    m_message = messageLabel(this);
    layout->addWidget(m_message);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
}

void FieldRow::add(FormField* field, int stretch)
{
    m_fields.push_back(field);
    field->tellElsewhere();
    m_line->addWidget(field, stretch, Qt::AlignTop);
    connect(field, &FormField::messageChanged, this, &FieldRow::showMessage);
    showMessage();
}

void FieldRow::addWidget(QWidget* widget)
{
    m_line->addWidget(widget, 0, Qt::AlignBottom);
}

void FieldRow::addStretch()
{
    m_line->addStretch(1);
}

void FieldRow::showMessage()
{
    const FormField* loudest = nullptr;
    const auto rank = [](const FormField* field) {
        if (field->message().isEmpty())
            return 0;
        return !field->problem() ? 1 : field->problem()->severity == Severity::Error ? 3 : 2;
    };
    for (const FormField* field : m_fields) {
        if (rank(field) > (loudest != nullptr ? rank(loudest) : 0))
            loudest = field;
    }
    m_message->setVisible(loudest != nullptr);
    if (loudest == nullptr)
        return;
    m_message->setRole(roleOfProblem(loudest->problem()));
    m_message->showText(loudest->message());
}

} // namespace strata::ui
