"""Sentences to take fields from: invoices, orders and appointments, in English and Chinese. Writes `forms.tsv`,
`forms-valid.tsv` and `forms-test.tsv` here, of which no two have a name in common, and `forms.json`, the schema.
"""

import json
import random
from calendar import month_name
from pathlib import Path

words = str.split
ENGLISH = words(
    "Adams Baker Clark Davis Evans Foster Green Harris Irwin Jones King Lewis Moore Nash Owen Parker Quinn Reed"
)
CHINESE = words("王 李 张 刘 陈 杨 黄 赵 周 吴 徐 孙 马 朱 胡 郭 何 林")
GIVEN = words("伟 芳 娜 敏 静 强 磊 洋 艳 勇 军 杰 娟 涛 明 超 霞 平")
ITEMS = {
    "chair": "椅子", "desk": "书桌", "lamp": "台灯", "printer": "打印机", "keyboard": "键盘", "monitor": "显示器",
    "notebook": "笔记本", "pen": "钢笔", "shelf": "书架", "phone": "电话",
}  # fmt: skip
PLACES = {
    "Room 4": "4号会议室",
    "Room 12": "12号会议室",
    "the main office": "总部",
    "the clinic": "诊所",
    "the library": "图书馆",
}

SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"enum": ["invoice", "order", "appointment"]},
        "number": {"type": "string"},
        "name": {"type": "string"},
        "item": {"type": "string"},
        "quantity": {"type": "integer", "minimum": 1},
        "amount": {"type": "number"},
        "date": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
        "time": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"},
        "place": {"type": "string"},
    },
    "required": ["kind", "name", "date"],
}

Row = tuple[str, dict[str, object]]


def invoice(dice: random.Random, chinese: bool, name: str, said: str, date: str) -> Row:
    number, amount = f"{dice.choice('ABCR')}{dice.randrange(1000, 10000)}", dice.randrange(20, 3000)
    cents = dice.choice(["", "", ".50", ".99"])
    fields = {"kind": "invoice", "number": number, "name": name, "amount": float(f"{amount}{cents}"), "date": date}
    if chinese:
        ways = [
            f"发票{number}，{name}，金额{amount}{cents}元，{said}到期。",
            f"请{name}在{said}前支付发票{number}的{amount}{cents}元。",
        ]
    else:
        ways = [
            f"Invoice {number} for {name}: {amount}{cents} euros, due on {said}.",
            f"Please remind {name} to pay {amount}{cents} euros by {said} (invoice {number}).",
        ]
    return dice.choice(ways), fields


def order(dice: random.Random, chinese: bool, name: str, said: str, date: str) -> Row:
    item, quantity = dice.choice([*ITEMS]), dice.randrange(2, 60)
    here = ITEMS[item] if chinese else item
    fields = {"kind": "order", "name": name, "item": here, "quantity": quantity, "date": date}
    if chinese:
        ways = [f"{name}订购了{quantity}件{here}，{said}送达。", f"请在{said}把{quantity}件{here}送给{name}。"]
    else:
        ways = [
            f"{name} ordered {quantity} pieces of item {item}, to be delivered on {said}.",
            f"Deliver {quantity} times the {item} to {name} on {said}, please.",
        ]
    return dice.choice(ways), fields


def appointment(dice: random.Random, chinese: bool, name: str, said: str, date: str) -> Row:
    place, hour, minute = dice.choice([*PLACES]), dice.randrange(8, 19), dice.choice(["00", "15", "30", "45"])
    here = PLACES[place] if chinese else place
    fields = {"kind": "appointment", "name": name, "date": date, "time": f"{hour:02}:{minute}", "place": here}
    if chinese:
        ways = [f"{said}{hour}:{minute}在{here}与{name}见面。", f"{name}预约了{said}{hour}:{minute}，地点是{here}。"]
    else:
        ways = [
            f"Meet {name} in {here} on {said} at {hour}:{minute}.",
            f"{name} comes on {said}, {hour}:{minute}, to {here}.",
        ]
    return dice.choice(ways), fields


def row(dice: random.Random, names: list[str], chinese_names: list[str]) -> str:
    chinese = dice.random() < 0.5
    name = dice.choice(chinese_names if chinese else names)
    year, month, day = dice.randrange(2024, 2028), dice.randrange(1, 13), dice.randrange(1, 29)
    said = f"{year}年{month}月{day}日" if chinese else f"{day} {month_name[month]} {year}"
    text, fields = dice.choice([invoice, order, appointment])(dice, chinese, name, said, f"{year}-{month:02}-{day:02}")
    return f"{text}\t{json.dumps(fields, ensure_ascii=False)}\n"


def main() -> None:
    dice = random.Random(1)
    names = [f"{title} {name}" for title in ("Mr", "Ms", "Dr") for name in ENGLISH]
    chinese = [f"{name}{given}" for name in CHINESE for given in GIVEN]
    dice.shuffle(names)
    dice.shuffle(chinese)
    parts = (("forms", 8000, 0, 8), ("forms-valid", 100, 8, 9), ("forms-test", 1000, 9, 10))
    for file, number, first, last in parts:
        ours = [each[len(each) * first // 10 : len(each) * last // 10] for each in (names, chinese)]
        lines = [row(dice, *ours) for _ in range(number)]
        Path(f"{file}.tsv").write_text("".join(lines), encoding="utf-8")
    Path("forms.json").write_text(json.dumps(SCHEMA, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
