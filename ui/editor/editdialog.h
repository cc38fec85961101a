// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/editing.h"
#include "core/stack/facts.h"

#include <QDialog>

#include <memory>
#include <vector>

class QPlainTextEdit;
class QPushButton;
class QStackedWidget;
class QTabBar;

namespace strata::ui {

class SchemaAssist;
class ThemedLabel;
class ValueLabel;

// One object as YAML to be changed. "Check" asks the server without writing (dry run, strict fields) and
// shows the differences; "Save" writes exactly what was checked; "Undo" takes the last save of this window
// back. What others changed meanwhile is merged in; where they changed the same place, the operator decides.
// Where the server describes the kind (OpenAPI v3), keys and values are completed and what does not fit is
// underlined while it is typed. An object that has unsaved changes is not closed without a question.
class EditDialog : public QDialog {
    Q_OBJECT

public:
    EditDialog(std::shared_ptr<kube::Client> client, const stack::ObjectRef& object,
               QWidget* parent = nullptr);
    ~EditDialog() override;

    QString text() const;
    void setText(const QString& yaml);
    QString differences() const;
    QString words() const; // what the line below says
    bool canSave() const;
    bool canUndo() const { return !m_saves.empty() && !m_busy; }
    bool busy() const { return m_busy; }
    bool isChanged() const;
    SchemaAssist* assist() const { return m_assist; }
    QString hint() const; // what the field at the cursor is

    void check();
    void save();
    void undoSave();
    void keepMine(); // after a conflict: check again, and let my values win
    void reload();

    void reject() override;

Q_SIGNALS:
    void wrote(const QString& what, bool undo); // "Edit ConfigMap default/x"

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    enum class Step { Check, Save, Undo };
    void makeParts();
    void enable();
    void say(const QString& text, bool failed);
    void askForSchema();
    void tellFaults();
    void takeObject(const Result<provision::Object>& object);
    void parseThen(std::function<void(const provision::Object&)> then);
    void write(const provision::Object& base, const provision::Object& mine, Step step);
    void takeSaved(const Result<provision::Saved>& saved, Step step);
    void showDifferences(const provision::Object& before, const provision::Object& after);
    void askThen(std::function<void()> leave);

    stack::ObjectRef m_object;
    std::shared_ptr<kube::Client> m_client;
    std::unique_ptr<kube::RequestHandle> m_asking; // for the schema
    std::unique_ptr<provision::ObjectEditor> m_editor;
    provision::Object m_base; // what the text began with
    bool m_read = false;
    bool m_busy = false;
    bool m_conflict = false;
    bool m_force = false;
    QString m_baseText;
    QString m_checked; // the text that was asked about and accepted
    provision::Object m_mine;
    std::vector<provision::Saved> m_saves; // of this window, oldest first

    QTabBar* m_tabs = nullptr;
    QStackedWidget* m_pages = nullptr;
    QPlainTextEdit* m_text = nullptr;
    QPlainTextEdit* m_diff = nullptr;
    SchemaAssist* m_assist = nullptr;
    ValueLabel* m_hint = nullptr;
    QPushButton* m_faults = nullptr;
    ThemedLabel* m_words = nullptr;
    QPushButton* m_reloadButton = nullptr;
    QPushButton* m_undoButton = nullptr;
    QPushButton* m_mineButton = nullptr;
    QPushButton* m_checkButton = nullptr;
    QPushButton* m_saveButton = nullptr;
};

} // namespace strata::ui
