// Validates documents against JSON schemas with Ajv: a line of JSON in, {"schema", "document"}, a line of JSON out,
// {"valid", "errors": [{"pointer", "keyword", "message"}]}, or {"error"} where Ajv refuses the schema.
const Ajv = require("ajv/dist/2020");
const addFormats = require("ajv-formats");
const readline = require("readline");

// Not strict: unknown keywords and formats mean nothing, as the specification has it.
const newAjv = () => {
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  addFormats(ajv);
  ajv.addMetaSchema(require("ajv/dist/refs/json-schema-draft-07.json"));
  return ajv;
};

// Many documents are asked about one schema in a row.
let last = { text: "" };

const validatorOf = (schema) => {
  const text = JSON.stringify(schema);
  // A new Ajv each, because one refuses two schemas with the same $id.
  if (last.text !== text) last = { text, validate: newAjv().compile(schema) };
  return last.validate;
};

const answer = (line) => {
  try {
    const { schema, document } = JSON.parse(line);
    const validate = validatorOf(schema);
    const valid = validate(document);
    const errors = (validate.errors ?? []).map((e) => ({ pointer: e.instancePath, keyword: e.keyword, message: e.message }));
    return { valid, errors };
  } catch (e) {
    return { error: e.message };
  }
};

readline.createInterface({ input: process.stdin }).on("line", (line) => process.stdout.write(JSON.stringify(answer(line)) + "\n"));
