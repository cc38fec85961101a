// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizard/formfield.h"
#include "ui/wizard/wizardmodel.h"

#include <QString>
#include <QWidget>

#include <functional>
#include <map>
#include <set>
#include <string>

class QComboBox;
class QVBoxLayout;

namespace strata::ui {

// One page of the wizard: fields by the paths that validation uses. What is wrong with a field is shown once
// it has been touched, or when the operator wanted to leave the page; warnings are shown at once.
class WizardPage : public QWidget {
    Q_OBJECT

public:
    WizardPage(WizardModel* model, const QString& title, const QString& words, QWidget* parent = nullptr);

    const QString& title() const { return m_title; }
    virtual void load() = 0; // the profile into the fields
    virtual void enter() {}  // it is shown
    virtual void leave() {}

    bool owns(const std::string& field) const { return find(field) != nullptr; }
    QString labelOf(const std::string& field) const;
    provision::Problems errors() const; // of its fields
    void showProblems();
    void setAttempted(bool attempted);
    bool attempted() const { return m_attempted; }
    virtual bool focusField(const std::string& field); // false: not here
    void focusFirst();

protected:
    WizardModel* model() const { return m_model; }
    QVBoxLayout* body() const { return m_body; }
    QWidget* addSection(const QString& title);                                        // its heading
    void alias(const std::string& path, FormField* field) { m_fields[path] = field; } // told there, too
    // Registers and returns the field; it is not yet in any layout.
    FormField* field(const std::string& path, const QString& label, QWidget* editor,
                     const QString& hint = {});
    FormField* addField(const std::string& path, const QString& label, QWidget* editor,
                        const QString& hint = {});       // also into the body
    void setFirst(QWidget* editor) { m_first = editor; } // has the focus when the page is entered
    void forgetFields(const std::string& prefix);
    // Writes to the profile, unless the fields are being filled from it.
    void edit(const std::string& path, const std::function<void(provision::ClusterProfile&)>& change);
    void loadQuietly(); // load() without writing back
    bool loading() const { return m_loading; }
    void touch(const std::string& path) { m_touched.insert(path); }

    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    FormField* find(const std::string& path) const;

    WizardModel* m_model;
    QString m_title;
    QVBoxLayout* m_body = nullptr;
    std::map<std::string, FormField*> m_fields;
    std::set<std::string> m_touched;
    QWidget* m_first = nullptr;
    bool m_attempted = false;
    bool m_loading = false;

    friend class ClusterWizard;
};

int dataIndex(const QComboBox* box, int value); // of the entry with that data; the first when there is none

} // namespace strata::ui
