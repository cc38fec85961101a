// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/image.h"
#include "core/stack/facts.h"

#include <QDialog>
#include <QTimer>

#include <memory>
#include <optional>

class QComboBox;
class QLineEdit;
class QPushButton;

namespace strata::ui {

class ClusterRun;
class ClusterRuns;
class ImageUploads;
class StackStore;
class ThemedLabel;

// Asks for what an image needs, shows what will be done, has the server judge it, and begins. Nothing is
// written before the button is pressed.
class ImageForm : public QDialog {
    Q_OBJECT

public:
    enum class What { Import, Upload, Clone, Schedule, Delete };
    // `image` ("namespace/name") is what is cloned or deleted; `used`: by whom.
    ImageForm(ClusterRuns* runs, StackStore* store, ImageUploads* uploads, What what, stack::SourceId source,
              const QString& image = {}, const std::vector<provision::Object>& dataVolumes = {},
              const std::vector<std::string>& used = {}, QWidget* parent = nullptr);
    ~ImageForm() override;

    bool isReady() const { return m_plan && m_accepted; }

Q_SIGNALS:
    void begun(strata::ui::ClusterRun* run); // not of uploads: they are told by ImageUploads

private:
    void makeFields();
    void browse();
    Result<provision::Plan> plan();
    void draft();
    void takeRehearsal();
    void say(const QString& text, bool failed);
    void enable();
    void confirm();

    ClusterRuns* m_runs;
    StackStore* m_store;
    ImageUploads* m_uploads;
    What m_what;
    stack::SourceId m_source;
    QString m_image;
    std::vector<provision::Object> m_dataVolumes;
    std::vector<std::string> m_used;
    actions::ImageFileFacts m_facts;
    std::optional<provision::Plan> m_plan;
    bool m_accepted = false;
    std::unique_ptr<ClusterRun> m_rehearsal;
    QTimer m_later;

    ThemedLabel* m_title = nullptr;
    QComboBox* m_ns = nullptr;
    QLineEdit* m_name = nullptr;
    QLineEdit* m_url = nullptr;
    QLineEdit* m_file = nullptr;
    QLineEdit* m_schedule = nullptr;
    QLineEdit* m_size = nullptr;
    QComboBox* m_class = nullptr;
    QLineEdit* m_typed = nullptr;
    ThemedLabel* m_interruption = nullptr;
    ThemedLabel* m_words = nullptr;
    QPushButton* m_do = nullptr;
};

} // namespace strata::ui
