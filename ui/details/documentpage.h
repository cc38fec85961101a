// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/stack/facts.h"

#include <QWidget>

#include <functional>
#include <memory>
#include <vector>

class QComboBox;
class QLineEdit;
class QPushButton;
class QStackedWidget;

namespace strata::ui {

class CodeView;
class Documents;
class ThemedLabel;

// What a document is shown as: line breaks as "\n", control and bidirectional characters cleaned line by
// line, cut after `most` bytes (then `cut` is set).
QString shownDocument(const std::string& text, std::size_t most, bool& cut);

// The YAML or XML of the objects an item is made of, one at a time.
class DocumentPage : public QWidget {
    Q_OBJECT

public:
    explicit DocumentPage(Documents* documents, QWidget* parent = nullptr);
    ~DocumentPage() override;

    void setObjects(const std::vector<stack::ObjectRef>& objects); // reads anew when seen and they differ
    // Gives the page an Edit button for Kubernetes objects.
    void setEditor(std::function<void(const stack::ObjectRef&)> edit);
    void focusView();
    QString text() const;
    QString stateText() const; // what stands there instead of a document

protected:
    void showEvent(QShowEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void read();
    void showText(const stack::ObjectRef& object, const QString& text, bool cut);
    void showState(const QString& text, bool canRetry);
    void openSearch();
    void closeSearch();
    void find(bool backward);
    void markHits();
    void saveAs();

    Documents* m_documents;
    std::vector<stack::ObjectRef> m_objects;
    stack::ObjectRef m_shown; // whose document is on the screen
    bool m_hasText = false;
    bool m_stale = false; // to be read when it is seen
    std::unique_ptr<QObject> m_reading;
    QComboBox* m_chooser = nullptr;
    ThemedLabel* m_single = nullptr;
    ThemedLabel* m_note = nullptr;
    std::function<void(const stack::ObjectRef&)> m_editor;
    QPushButton* m_edit = nullptr;
    QPushButton* m_copy = nullptr;
    QPushButton* m_save = nullptr;
    QPushButton* m_reload = nullptr;
    QWidget* m_searchBar = nullptr;
    QLineEdit* m_search = nullptr;
    ThemedLabel* m_hits = nullptr;
    QStackedWidget* m_pages = nullptr;
    CodeView* m_view = nullptr;
    ThemedLabel* m_state = nullptr;
    QPushButton* m_retry = nullptr;
};

} // namespace strata::ui
