"""What is said as a whole: greetings, courtesy, help, the computer."""

from __future__ import annotations

from functools import cache

from seqloom.data.phrasebook.sentence import Sentence

__all__ = ["fixed_phrases"]

_PHRASES = """
Hello World | Bonjour le monde
Hello World! | Bonjour le monde !
Hello world | Bonjour le monde
Hello world! | Bonjour le monde !
Hello, World! | Bonjour le monde !
Hello, world! | Bonjour le monde !
Hello, world. | Bonjour le monde.
Goodbye, world! | Au revoir le monde !
Good morning, world! | Bonjour le monde !
Good evening, world! | Bonsoir le monde !
Hello! | Bonjour !
Good morning! | Bonjour !
Hello, sir. | Bonjour, monsieur.
Hello, madam. | Bonjour, madame.
Hi, my friend. | Salut, mon ami.
Hi, Paul! | Salut, Paul !
Good evening! | Bonsoir !
Good evening, madam. | Bonsoir, madame.
Good evening, sir. | Bonsoir, monsieur.
Good night! | Bonne nuit !
Good night, Marie. | Bonne nuit, Marie.
Goodbye! | Au revoir !
Goodbye, sir. | Au revoir, monsieur.
Goodbye, madam. | Au revoir, madame.
See you soon! | À bientôt !
See you tomorrow! | À demain !
See you later! | À plus tard !
See you this evening! | À ce soir !
See you next week! | À la semaine prochaine !
See you on Monday! | À lundi !
See you on Tuesday! | À mardi !
See you on Wednesday! | À mercredi !
See you on Thursday! | À jeudi !
See you on Friday! | À vendredi !
See you on Saturday! | À samedi !
See you on Sunday! | À dimanche !
Welcome! | Bienvenue !
Welcome to France! | Bienvenue en France !
Welcome to Paris! | Bienvenue à Paris !
How are you? | Comment allez-vous ?
How are you, sir? | Comment allez-vous, monsieur ?
How are you, madam? | Comment allez-vous, madame ?
How are you, my friend? | Comment vas-tu, mon ami ?
How are you, Paul? | Comment vas-tu, Paul ?
I am well, thank you. | Je vais bien, merci.
Very well, thank you. | Très bien, merci.
And you? | Et vous ?
And you, my friend? | Et toi, mon ami ?
What is your name? | Comment vous appelez-vous ?
What is your name, my friend? | Comment t'appelles-tu, mon ami ?
My name is Paul. | Je m'appelle Paul.
My name is Marie. | Je m'appelle Marie.
My name is Julie. | Je m'appelle Julie.
My name is Thomas. | Je m'appelle Thomas.
Pleased to meet you. | Enchanté.
Thank you! | Merci !
Thank you very much! | Merci beaucoup !
Thank you, sir. | Merci, monsieur.
Thank you, madam. | Merci, madame.
Thank you for your help. | Merci pour votre aide.
No, thank you. | Non, merci.
Yes, please. | Oui, s'il vous plaît.
You are welcome. | Je vous en prie.
It is nothing. | Ce n'est rien.
Yes. | Oui.
No. | Non.
Of course! | Bien sûr !
All right. | D'accord.
Excuse me. | Excusez-moi.
Excuse me, sir. | Excusez-moi, monsieur.
Excuse me, madam. | Excusez-moi, madame.
Excuse me, my friend. | Excuse-moi, mon ami.
I am sorry. | Je suis désolé.
I do not know. | Je ne sais pas.
I do not understand. | Je ne comprends pas.
I understand. | Je comprends.
I think so. | Je pense que oui.
I do not think so. | Je ne pense pas.
How do you say that in French? | Comment dit-on cela en français ?
Can you help me, please? | Pouvez-vous m'aider, s'il vous plaît ?
Can you help me, my friend? | Peux-tu m'aider, mon ami ?
May I come in? | Puis-je entrer ?
Come in! | Entrez !
Sit down, please. | Asseyez-vous, s'il vous plaît.
Help! | Au secours !
Be careful! | Attention !
Call a doctor, please! | Appelez un médecin, s'il vous plaît !
I am lost. | Je suis perdu.
Happy birthday! | Joyeux anniversaire !
Merry Christmas! | Joyeux Noël !
Happy New Year! | Bonne année !
Congratulations! | Félicitations !
Good luck! | Bonne chance !
Have a good trip! | Bon voyage !
Have a nice day! | Bonne journée !
Have a nice evening! | Bonne soirée !
Enjoy your meal! | Bon appétit !
Cheers! | Santé !
What time is it? | Quelle heure est-il ?
What day is it today? | Quel jour sommes-nous ?
What is the weather like? | Quel temps fait-il ?
How old are you? | Quel âge avez-vous ?
How old are you, my friend? | Quel âge as-tu, mon ami ?
How old is he? | Quel âge a-t-il ?
How old is she? | Quel âge a-t-elle ?
Where are you from? | D'où venez-vous ?
Where do you live? | Où habitez-vous ?
Where do you live, my friend? | Où habites-tu, mon ami ?
Where does he live? | Où habite-t-il ?
Where does she live? | Où habite-t-elle ?
Where are the toilets? | Où sont les toilettes ?
What is it? | Qu'est-ce que c'est ?
Who is it? | Qui est-ce ?
How much is it? | Combien est-ce que ça coûte ?
It is too expensive. | C'est trop cher.
The bill, please. | L'addition, s'il vous plaît.
The menu, please. | La carte, s'il vous plaît.
A table for two, please. | Une table pour deux, s'il vous plaît.
A table for four, please. | Une table pour quatre, s'il vous plaît.
There is a problem. | Il y a un problème.
No problem! | Pas de problème !
You are right. | Vous avez raison.
That is true. | C'est vrai.
That is wrong. | C'est faux.
I agree. | Je suis d'accord.
I do not agree. | Je ne suis pas d'accord.
I love you. | Je t'aime.
I miss you. | Tu me manques.
Let us go! | Allons-y !
Wait a minute, please. | Attendez une minute, s'il vous plaît.
It does not work. | Ça ne marche pas.
My computer does not work. | Mon ordinateur ne marche pas.
My phone does not work. | Mon téléphone ne marche pas.
Enter your password. | Saisissez votre mot de passe.
The code is ready. | Le code est prêt.
"""
_PINNED = {"I love coding": ("J'aime coder", ("love/aimer", "code/coder"))}
"""Of the grammar's own making, and yet always taught."""


@cache
def fixed_phrases() -> tuple[Sentence, ...]:
    """Each is taught as it stands, for it is made of nothing smaller."""
    rows = (row.split(" | ") for row in _PHRASES.strip().splitlines())
    phrases = [Sentence(english=english, french=french, contents=frozenset()) for english, french in rows]
    for english, (french, contents) in _PINNED.items():
        for end in ("", ".", "!"):
            told = french + (" !" if end == "!" else end)
            phrases.append(Sentence(english=english + end, french=told, contents=frozenset(contents)))
    return tuple(phrases)
