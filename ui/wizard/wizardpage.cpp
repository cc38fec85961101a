// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizard/wizardpage.h"

#include "ui/widgets/themedlabel.h"

#include <QAbstractSpinBox>
#include <QComboBox>
#include <QEvent>
#include <QVBoxLayout>

#include <algorithm>

namespace strata::ui {

using namespace provision;

WizardPage::WizardPage(WizardModel* model, const QString& title, const QString& words, QWidget* parent)
    : QWidget(parent), m_model(model), m_title(title)
{
    m_body = new QVBoxLayout(this);
    m_body->setContentsMargins(28, 22, 28, 22);
    m_body->setSpacing(14);
    auto* heading = new ThemedLabel(title, TextRole::Text, this);
    heading->setLook(1.5, QFont::DemiBold);
    m_body->addWidget(heading);
    if (!words.isEmpty()) {
        auto* intro = new ThemedLabel(words, TextRole::Muted, this);
        intro->setWordWrap(true);
        m_body->addWidget(intro);
    }
    setAccessibleName(title);
}

QWidget* WizardPage::addSection(const QString& title)
{
    auto* heading = new ThemedLabel(title, TextRole::Text, this);
    heading->setLook(1.1, QFont::DemiBold);
    m_body->addSpacing(6);
    m_body->addWidget(heading);
    return heading;
}

FormField* WizardPage::field(const std::string& path, const QString& label, QWidget* editor,
                             const QString& hint)
{
    auto* made = new FormField(label, editor, this);
    made->setObjectName(QString::fromStdString(path));
    if (!hint.isEmpty())
        made->setHint(hint);
    m_fields[path] = made;
    if (m_first == nullptr)
        m_first = editor;
    if (qobject_cast<QComboBox*>(editor) != nullptr || qobject_cast<QAbstractSpinBox*>(editor) != nullptr) {
        editor->setFocusPolicy(Qt::StrongFocus);
        editor->installEventFilter(this); // the wheel scrolls the page, not what it happens to pass over
    }
    return made;
}

FormField* WizardPage::addField(const std::string& path, const QString& label, QWidget* editor,
                                const QString& hint)
{
    FormField* made = field(path, label, editor, hint);
    m_body->addWidget(made);
    return made;
}

void WizardPage::forgetFields(const std::string& prefix)
{
    for (auto it = m_fields.begin(); it != m_fields.end();) {
        if (it->first.rfind(prefix, 0) == 0)
            it = m_fields.erase(it);
        else
            ++it;
    }
    for (auto it = m_touched.begin(); it != m_touched.end();) {
        if (it->rfind(prefix, 0) == 0)
            it = m_touched.erase(it);
        else
            ++it;
    }
}

// "workers[0].labels.app" belongs to the field of "workers[0].labels".
FormField* WizardPage::find(const std::string& path) const
{
    std::string at = path;
    while (!at.empty()) {
        const auto found = m_fields.find(at);
        if (found != m_fields.end())
            return found->second;
        const std::size_t cut = at.find_last_of(".[");
        if (cut == std::string::npos)
            break;
        at.resize(cut);
    }
    return nullptr;
}

QString WizardPage::labelOf(const std::string& path) const
{
    const FormField* found = find(path);
    return found != nullptr ? found->label() : QString();
}

Problems WizardPage::errors() const
{
    Problems mine;
    for (const Problem& problem : m_model->problems()) {
        if (problem.severity == Severity::Error && owns(problem.field))
            mine.push_back(problem);
    }
    return mine;
}

void WizardPage::showProblems()
{
    std::map<FormField*, Problem> loudest;
    for (const Problem& problem : m_model->problems()) {
        FormField* place = find(problem.field);
        if (place == nullptr)
            continue;
        const std::string path = place->objectName().toStdString();
        if (problem.severity == Severity::Error && !m_attempted && m_touched.count(path) == 0)
            continue;
        loudest.emplace(place, problem); // they come worst first
    }
    for (const auto& [path, place] : m_fields) {
        const auto found = loudest.find(place);
        place->setProblem(found != loudest.end() ? std::optional<Problem>(found->second) : std::nullopt);
    }
}

void WizardPage::setAttempted(bool attempted)
{
    m_attempted = attempted;
    showProblems();
}

bool WizardPage::focusField(const std::string& path)
{
    FormField* place = find(path);
    if (place == nullptr)
        return false;
    place->editor()->setFocus(Qt::OtherFocusReason);
    return true;
}

void WizardPage::focusFirst()
{
    if (m_first != nullptr && m_first->isVisibleTo(this)) {
        m_first->setFocus(Qt::OtherFocusReason);
        return;
    }
    for (const auto& [path, place] : m_fields) { // what is first may be the ClusterClass's to decide
        if (place->isVisibleTo(this) && place->editor()->isEnabled()) {
            place->editor()->setFocus(Qt::OtherFocusReason);
            return;
        }
    }
}

void WizardPage::edit(const std::string& path, const std::function<void(ClusterProfile&)>& change)
{
    if (m_loading)
        return;
    touch(path);
    m_model->edit(change);
    showProblems();
}

void WizardPage::loadQuietly()
{
    m_loading = true;
    load();
    m_loading = false;
    showProblems();
}

bool WizardPage::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Wheel) {
        auto* editor = qobject_cast<QWidget*>(watched);
        if (editor != nullptr && !editor->hasFocus()) {
            event->ignore();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

int dataIndex(const QComboBox* box, int value)
{
    return std::max(0, box->findData(value));
}

} // namespace strata::ui
