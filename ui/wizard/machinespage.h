// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizard/wizardpage.h"

#include <array>
#include <vector>

class QCheckBox;
class QFrame;
class QLineEdit;
class QPushButton;
class QRadioButton;
class QSpinBox;
class QToolButton;

namespace strata::ui {

class MachinesPage;

// The four inputs of a machine size.
struct SizeInputs {
    QSpinBox* vcpus = nullptr;
    QComboBox* memory = nullptr;
    QComboBox* disk = nullptr;
    QComboBox* storageClass = nullptr;
};

// One worker pool as a card: name, number, size, and what is rarely wanted behind "More".
struct PoolCard {
    QFrame* frame = nullptr;
    QLineEdit* name = nullptr;
    QSpinBox* count = nullptr;
    SizeInputs size;
    QToolButton* more = nullptr;
    QWidget* details = nullptr;
    QLineEdit* labels = nullptr;
    QLineEdit* taints = nullptr;
    QCheckBox* scales = nullptr;
    QSpinBox* least = nullptr;
    QSpinBox* most = nullptr;
    QPushButton* remove = nullptr;
    QComboBox* workerClass = nullptr; // of a ClusterClass
};

// What the machines are made of, how many there are and how large.
class MachinesPage : public WizardPage {
    Q_OBJECT

public:
    explicit MachinesPage(WizardModel* model, QWidget* parent = nullptr);
    void load() override;
    bool focusField(const std::string& field) override;

private:
    using SizeOf = std::function<provision::MachineSize*(provision::ClusterProfile&)>;
    // The storage class goes into the row `apart`: all five beside each other do not fit into a small window.
    SizeInputs addSize(FieldRow* row, FieldRow* apart, const std::string& path, const SizeOf& size);
    void loadSize(const SizeInputs& inputs, const provision::MachineSize& size);
    void fillStorageClasses();
    void showSource();
    void rebuildPools();
    PoolCard makePool(std::size_t index);
    void loadPool(const PoolCard& card, const provision::WorkerPool& pool);
    // With a ClusterClass: its variables in place of image and sizes.
    void showClass();
    void rebuildVariables(const provision::KnownClass* known);
    QWidget* addVariable(const provision::ClassVariable& variable, const std::string& of);
    std::string chosen(const std::string& name, const std::string& of) const;
    void choose(const std::string& path, const std::string& name, const std::string& of,
                const std::string& json);
    static void showSize(const SizeInputs& inputs, bool visible);

    QComboBox* m_source = nullptr;
    QLineEdit* m_location = nullptr;
    FormField* m_sourceField = nullptr;
    FormField* m_locationField = nullptr;
    std::array<QRadioButton*, 3> m_replicas{};
    FormField* m_replicasField = nullptr;
    SizeInputs m_plane;
    QWidget* m_pools = nullptr;
    QVBoxLayout* m_poolList = nullptr;
    std::vector<PoolCard> m_cards;
    QWidget* m_imageHeading = nullptr;
    QWidget* m_classHeading = nullptr;
    QWidget* m_variables = nullptr;
    FormField* m_variablesField = nullptr;
    QString m_shownClass; // whose variables are laid out
    std::vector<std::function<void()>> m_loadVariables;
};

// "a=b, c=d" as labels; what is no pair keeps its text as a key, so that validation can name it.
std::map<std::string, std::string> labelsFromText(const QString& text);
QString labelsToText(const std::map<std::string, std::string>& labels);
std::vector<provision::Taint> taintsFromText(const QString& text);
QString taintsToText(const std::vector<provision::Taint>& taints);

} // namespace strata::ui
