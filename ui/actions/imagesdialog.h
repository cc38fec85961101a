// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/answers.h"
#include "core/actions/image.h"
#include "ui/actions/imageform.h"

#include <QDialog>
#include <QTimer>

#include <memory>
#include <vector>

class QComboBox;
class QPushButton;
class QTabWidget;
class QTreeWidget;
class QTreeWidgetItem;

namespace strata::ui {

class ClusterRun;
class ClusterRuns;
class ImageUploads;
class StackStore;
class ThemedLabel;

// The golden images of an outer cluster: how far each is and who uses it, what imports by itself, what is
// being uploaded from here. Asked anew every few seconds.
class ImagesDialog : public QDialog {
    Q_OBJECT

public:
    ImagesDialog(ClusterRuns* runs, StackStore* store, ImageUploads* uploads, QWidget* parent = nullptr);
    ~ImagesDialog() override;

    bool isAnswered() const { return m_answered; }
    ImageForm*
    openForm(ImageForm::What what); // of the chosen image, for what needs one; null: none is chosen

Q_SIGNALS:
    void begun(strata::ui::ClusterRun* run);

private:
    stack::SourceId source() const;
    void ask();
    void takeAnswers(const actions::Answers& answers);
    void fill();
    void explain();
    void enable();
    QString chosen() const; // "namespace/name"

    ClusterRuns* m_runs;
    StackStore* m_store;
    ImageUploads* m_uploads;
    std::unique_ptr<actions::Reading> m_reading;
    bool m_answered = false;
    std::vector<provision::Object> m_dataVolumes;
    std::vector<actions::ImageRow> m_images;
    std::vector<actions::ScheduleRow> m_schedules;
    QTimer m_again;

    QComboBox* m_sources = nullptr;
    QTabWidget* m_tabs = nullptr;
    QTreeWidget* m_list = nullptr;
    QTreeWidget* m_crons = nullptr;
    ThemedLabel* m_words = nullptr;
    QPushButton* m_clone = nullptr;
    QPushButton* m_delete = nullptr;
    QPushButton* m_stop = nullptr;
};

} // namespace strata::ui
