// What the page says, in English and in Chinese, and numbers as each writes them.

import { forGood } from "./keep.js";

/** [English, Chinese]; `{}` is what is filled in. */
const WORDS = {
  skip: ["Skip to the contents", "跳到正文"],
  views: ["Views", "视图"],
  loading: ["Asking the server what there is …", "正在询问服务器有哪些模型……"],
  no_models: ["This server has no model yet.", "此服务器还没有模型。"],
  model: ["Model", "模型"],
  model_a: ["Model A", "模型甲"],
  model_b: ["Model B", "模型乙"],
  theme: ["Light or dark", "浅色或深色"],
  theme_auto: ["◐ Auto", "◐ 自动"],
  theme_light: ["◐ Light", "◐ 浅色"],
  theme_dark: ["◐ Dark", "◐ 深色"],

  translate: ["Translate", "翻译"],
  rewrite: ["Text to text", "文本转换"],
  chat: ["Chat", "对话"],
  label: ["Labels", "分类"],
  tags: ["Tags", "标注"],
  extract: ["Fields", "抽取"],
  reading: ["Questions", "问答"],
  ranked: ["Recommend", "推荐"],
  forecast: ["Forecast", "预测"],
  compare: ["Compare", "对比"],
  runs: ["Runs", "训练记录"],

  source: ["Text", "原文"],
  answer: ["Answer", "结果"],
  answer_words: ["Answer; arrow keys move among its words, Enter shows other words", "结果；方向键在词之间移动，回车显示其他说法"],
  type_here: ["Type or paste a text", "输入或粘贴文本"],
  from: ["From", "从"],
  to: ["To", "到"],
  languages: ["Languages", "语言"],
  swap: ["Swap languages", "交换语言"],
  document: ["Document …", "文档……"],
  translating: ["Being translated …", "正在翻译……"],
  save: ["Save", "保存"],
  clear: ["Clear", "清空"],
  copy: ["Copy", "复制"],
  copied: ["Copied.", "已复制。"],
  mark_unsure: ["mark unsure words", "标出没把握的词"],
  sure: ["{} sure", "把握 {}"],
  sure_of_word: ["{} sure of this word", "对此词的把握为 {}"],
  others: ["Other answers", "其他结果"],
  how_many: ["How many", "数量"],
  as_model: ["As the model says it", "恢复模型原译"],
  instead_of: ["Instead of “{}”", "替换“{}”"],
  own_word: ["a word of your own", "自己写一个词"],
  go_on: ["Go on", "继续"],
  glossary: ["Glossary", "术语表"],
  glossary_why: [
    "Terms of the text and how the answer says them. They stay in this browser, and go along with each question.",
    "原文中的术语及其译法。它们保存在此浏览器中，随每次请求发送。",
  ],
  add_term: ["Add a term", "添加术语"],
  term: ["Term", "术语"],
  term_said: ["How it is said", "译法"],
  remove: ["Remove", "删除"],
  done: ["Done", "完成"],

  inside: ["Where it looked", "模型看了哪里"],
  inside_how: [
    "A row for each token of the answer, a column for each token of the text. Point at a word in either text, and the other one shows the same.",
    "每行是结果的一个词元，每列是原文的一个词元。把指针移到任一文本的词上，另一文本会显示对应处。",
  ],
  within_how: [
    "A row for each token that looks, a column for each that it looks at: the answer's tokens see those said before them.",
    "每行是一个词元，每列是它所看的词元；结果中的词元只看在它之前的。",
  ],
  faithful: [
    "Without what weighs most the answer loses {} of its log-probability, without as much at random {}.",
    "去掉权重最大的部分，结果的对数概率下降 {}；随机去掉同样多则下降 {}。",
  ],
  nothing_inside: ["This model shows nothing of its inside here.", "此模型在这里看不到内部。"],
  shown_by: ["By", "依据"],
  line: ["Line", "行"],
  attention: ["attention", "注意力"],
  encoder_attention: ["the text's attention to itself", "原文对自身的注意力"],
  decoder_attention: ["the answer's attention to itself", "结果对自身的注意力"],
  gradient_x_input: ["gradient × input", "梯度 × 输入"],
  integrated_gradients: ["integrated gradients", "积分梯度"],
  erasure: ["erasure", "删除法"],

  head: ["Head", "注意力头"],
  head_of: ["layer {}, head {}", "第 {} 层，第 {} 头"],
  together: ["all together", "全部合计"],
  search: ["How it was found", "结果是怎样找到的"],
  search_how: [
    "The answer is on the strong line; beside each token stands the log-probability up to it, behind an end (=) what it is ranked by, and beside what was left behind (dashed) what it lacked.",
    "结果在粗线上。词元旁是到此为止的对数概率，结尾处（=）是排序所用的分数；虚线是被放弃的，旁边是它所差的数值。",
  ],
  searched: ["The search kept {} hypotheses at a time and found “{}”.", "搜索每步保留 {} 个候选，找到“{}”。"],
  greedy_same: ["One that keeps the likeliest alone says the same.", "只保留最可能的一个，结果相同。"],
  greedy_other: ["One that keeps the likeliest alone says “{}”.", "只保留最可能的一个，则为“{}”。"],
  ended: ["Whole answers that were found", "找到的完整结果"],
  score: ["score", "分数"],
  neighbours: ["What it has seen", "学过的相近例子"],
  neighbours_how: [
    "The pairs it was trained on whose text it takes for most alike: a distance of 0 is the same to it, 1 is nothing in common.",
    "训练数据中它认为与原文最相近的例子：距离 0 表示在它看来相同，1 表示毫无共同之处。",
  ],
  answer_known: ["Known answer", "已知结果"],
  distance: ["distance", "距离"],

  conversation: ["Conversation", "对话"],
  your_turn: ["Your turn", "轮到你"],
  say_something: ["Say something", "说点什么"],
  send: ["Send", "发送"],
  stop: ["Stop", "停止"],
  undo: ["Take back", "撤回"],
  new: ["New", "新对话"],
  you: ["You", "你"],
  warmth: ["Answers", "回答"],
  warmth_0: ["the likeliest", "最可能的"],
  "warmth_0.7": ["varied", "多样的"],
  warmth_1: ["freely drawn", "自由抽取的"],

  no_label: ["none", "无"],
  label_chances: ["How probable each label is", "各标签的概率"],
  no_spans: ["Nothing is marked in this text.", "此文本中没有标注。"],
  passage: ["Passage", "段落"],
  passage_here: ["The text that has the answer", "含有答案的文本"],
  question: ["Question", "问题"],
  no_answer: ["The passage does not say it.", "段落中没有答案。"],
  history: ["What was seen before, the newest last", "之前看过的，最新的在最后"],
  nothing_yet: ["Nothing to show yet.", "尚无内容。"],
  the_same: ["the same answer", "结果相同"],

  seen_numbers: ["Numbers that were seen, the oldest first; of several at a time, a line each", "已有的数值，最早的在前；每步有多个数值时，每步一行"],
  no_numbers: ["This must be numbers, but there is “{}”.", "这里应为数字，但有“{}”。"],
  steps_ahead: ["Steps ahead", "预测步数"],
  as_trained: ["auto", "自动"],
  goes_on: ["How it goes on", "后续走势"],
  now: ["now", "现在"],
  step: ["step", "步"],
  value_of: ["value {}", "数值 {}"],
  foretold: ["forecast", "预测"],
  foretold_as: ["{}: from {} to {} in {} steps", "{}：从 {} 到 {}，共 {} 步"],
  lies_between: ["at the end between {} ({}) and {} ({})", "末尾介于 {}（{}）与 {}（{}）之间"],
  apart: ["a chart for each value", "每个数值一张图"],
  only_last: ["Drawn are the last {} of {} steps that were seen.", "图中只画出最后 {} 步，已有的共 {} 步。"],

  run: ["run", "名称"],
  made_of: ["model", "模型"],
  state: ["state", "状态"],
  steps: ["steps", "步数"],
  best: ["best", "最佳"],
  took: ["time", "用时"],
  parameters: ["parameters", "参数"],
  loss: ["loss", "损失"],
  loss_curve: ["Loss in training", "训练损失"],
  validation_curve: ["Validation: {}", "验证：{}"],
  figures: ["The figures", "数据"],
  first: ["first", "最初"],
  least: ["least", "最小"],
  most: ["most", "最大"],
  last: ["last", "最近"],
  state_finished: ["finished", "已完成"],
  state_interrupted: ["interrupted", "已中断"],
  state_running: ["running", "训练中"],
  state_exported: ["exported", "已导出"],
  state_damaged: ["damaged", "已损坏"],

  key: ["Key", "密钥"],
  key_why: ["This server answers those who have a key. It is kept until this tab is closed.", "此服务器需要密钥。密钥保存到关闭此标签页为止。"],
  key_wrong: ["This key was refused. Another one?", "此密钥被拒绝。换一个？"],
  key_field: ["Your key", "你的密钥"],
  key_use: ["Use it", "使用"],
  cancel: ["Cancel", "取消"],
  again: ["Try again", "重试"],
  asking: ["Asking …", "正在询问……"],
  busy: ["The server is busy; asked again in {} s.", "服务器繁忙；{} 秒后重试。"],
  no_server: ["The server does not answer. What you typed is still here.", "服务器没有响应。你输入的内容仍在这里。"],
  broken_off: ["The answer was broken off.", "回答中断了。"],
  status: ["The server could not answer (status {}).", "服务器无法回答（状态 {}）。"],
};

const COLUMNS = { en: 0, zh: 1 };
const TAGS = { en: "en", zh: "zh-Hans" };

let spoken = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

export function language() {
  return spoken;
}

/** From now on the page says everything so. */
export function speak(other) {
  spoken = other;
  document.documentElement.lang = TAGS[other];
  const next = document.getElementById("language");
  [next.textContent, next.lang] = other === "zh" ? ["English", "en"] : ["中文", "zh-Hans"];
  forGood.set("language", other);
}

export function say(name, ...filled) {
  return WORDS[name][COLUMNS[spoken]].replaceAll("{}", () => filled.shift() ?? "");
}

export function percent(share) {
  const written = new Intl.NumberFormat(TAGS[spoken], { style: "percent" });
  return share < 0.005 ? `< ${written.format(0.01)}` : written.format(share ?? 0);
}

export function number(value) {
  if (value === null || value === undefined) return "";
  return new Intl.NumberFormat(TAGS[spoken], { maximumSignificantDigits: Math.abs(value) < 1000 ? 4 : 12 }).format(value);
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = Math.floor(seconds % 60);
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${rest} s` : `${rest} s`;
}

/** A language by its code, as this one calls it. */
export function languageName(code) {
  try {
    return new Intl.DisplayNames(TAGS[spoken], { type: "language" }).of(code);
  } catch {
    return code;
  }
}
