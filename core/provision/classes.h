// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/provision/object.h"
#include "core/provision/problem.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

// ClusterClasses: what a profile may choose there, and whether its values suit. Pure.
namespace strata::provision {

struct ClassVariable {
    std::string name;
    bool required = false;
    Object schema; // its openAPIV3Schema

    std::string type() const; // "string", "integer", "number", "boolean", "object", "array"; empty: anything
    std::string description() const;
    std::vector<std::string> choices() const; // of an enum of texts; empty: it is none
    std::string standard() const;             // its default as JSON text; empty: it has none
    // Of an object: its fields, when all of them are texts, numbers, choices or switches; else empty.
    std::vector<ClassVariable> fields() const;
};

// Where the size of a class's machines comes from: a number in its template, or a variable.
struct ClassSize {
    int vcpus = 0;
    std::string memory;
    std::string vcpusFrom; // "workerMachine.cores"
    std::string memoryFrom;
};

struct KnownClass {
    std::string name;
    std::string ns;
    std::vector<ClassVariable> variables;
    std::vector<std::string> workerClasses;
    std::vector<std::string> versions; // of Kubernetes; empty: it does not limit them
    std::string trouble;               // why Cluster API cannot use it now; empty: it can
    ClassSize plane;
    std::map<std::string, ClassSize> workers; // by worker class
    // Which KubevirtMachineTemplates tell the sizes: the control plane's under "", else by worker class.
    std::map<std::string, std::string> machineTemplates;

    const ClassVariable* variable(const std::string& called) const;
    std::string title() const { return ns + "/" + name; }
};

// From an object ClusterClass of v1beta1 or v1beta2. Variables that sizes come from are taken from its
// patches.
KnownClass readClass(const Json& object);
// The numbers of a KubevirtMachineTemplate that one of its `machineTemplates` names.
void readClassTemplate(KnownClass& known, const std::string& workerClass, const Json& machineTemplate);

// A value of a variable by path as JSON text, from what was chosen (JSON texts by name) or the class's
// default; empty when there is none.
std::string classValue(const KnownClass& known, const std::map<std::string, std::string>& chosen,
                       const std::string& path);

// What is wrong with a value, in the words of a remedy; `field` is its path in the profile.
using TellProblem =
    std::function<void(const std::string& field, const std::string& text, const std::string& remedy)>;
// What was typed as a value of that type: JSON text. What does not fit stays a text, for validation to name.
std::string valueFromInput(const ClassVariable& variable, const std::string& typed);
std::string inputFromValue(const std::string& json); // texts without quotes
// The member of an object as JSON text, empty when there is none; and the object with it set or, empty,
// removed.
std::string memberOf(const std::string& json, const std::string& key);
std::string withMember(const std::string& json, const std::string& key, const std::string& value);

bool parsesAsJson(const std::string& text);
void checkClassValue(const ClassVariable& variable, const std::string& json, const std::string& field,
                     const TellProblem& tell);

} // namespace strata::provision
