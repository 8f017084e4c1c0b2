"""Where each demo is found; three-way data-binding only where `ws4redis` is installed."""

from django.apps import apps
from django.urls import path

from demo import views

urlpatterns = [
    path('', views.index, name='index'),
    path('classic_form/', views.classic_form, name='classic_form'),
    path('classic_form/thanks/', views.thanks, name='thanks'),
    path('model_scope/', views.model_scope, name='model_scope'),
]
if apps.is_installed('ws4redis'):
    from demo import chat, game, scoreboard, tour

    urlpatterns += [
        path('threeway_databinding/', views.threeway_databinding, name='threeway_databinding'),
        path('chat/', chat.chat, name='chat'),
        path('scoreboard/', scoreboard.scoreboard, name='scoreboard'),
        path('scoreboard/kick_off/', scoreboard.kick_off, name='kick_off'),
        path('scoreboard/<slug:key>/<int:side>/', scoreboard.goal, name='goal'),
        path('game/', game.new_game, name='new_game'),
        path('game/<slug:slug>/', game.game, name='game'),
        path('tour/', tour.tour, name='tour'),
        path('tour/<int:pk>/save/', tour.save, name='save_tour'),
    ]
