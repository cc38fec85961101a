// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/actions/upload.h"
#include "core/provision/plan.h"
#include "core/stack/facts.h"

#include <QObject>
#include <QString>

#include <memory>
#include <vector>

namespace strata::ui {

class ClusterRun;
class ClusterRuns;

// Local files on their way into a cluster. Belongs to the window, not to the list of images: closing that
// stops nothing. GUI thread.
class ImageUploads : public QObject {
    Q_OBJECT

public:
    explicit ImageUploads(ClusterRuns* runs, QObject* parent = nullptr);
    ~ImageUploads() override; // what goes on is stopped

    struct Upload {
        int id = 0;
        stack::SourceId source = 0;
        std::string ns;
        std::string name;
        QString file;
        actions::UploadProgress progress; // words are set from the first moment on
    };

    // The plan makes the disk (actions::uploadPlan); the bytes follow when it is done. 0: not connected.
    int start(stack::SourceId source, const provision::Plan& plan, const std::string& ns,
              const std::string& name, const QString& file, std::int64_t bytes);
    void cancel(int id);
    std::vector<Upload> all() const;
    const Upload* find(stack::SourceId source, const std::string& ns, const std::string& name) const;
    void setOptions(const actions::UploadOptions& options) { m_options = options; } // pace; for tests

Q_SIGNALS:
    void changed();
    void ended(const QString& sentence, bool good);

private:
    struct Entry;
    void prepared(int id);
    void take(int id, const actions::UploadProgress& progress);
    Entry* entry(int id) const;

    ClusterRuns* m_runs;
    actions::UploadOptions m_options;
    std::vector<std::unique_ptr<Entry>> m_entries;
    int m_next = 1;
};

} // namespace strata::ui
